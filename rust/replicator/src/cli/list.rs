use std::time::Duration;

use litestream_core::{Result, control::ListedDatabase};

use super::{output, settings::ConfigArguments, socket::SocketArgument};

/// List the databases of a running replicator
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    socket: SocketArgument,
    /// Longest wait
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    timeout: u64,
}

/// In place of numbers, until the replica has been listed, and where official Litestream answers.
const UNKNOWN: &str = "unknown";

pub(crate) async fn run(Arguments { socket, timeout }: Arguments, settings: &ConfigArguments) -> Result<()> {
    let reply = socket.client(settings, Duration::from_secs(timeout)).list().await?;
    if socket.json {
        return output::json(&reply);
    }
    let row = |d: ListedDatabase| {
        let is_known = d.position_known;
        let status = d.error.map_or(d.status.clone(), |error| format!("{}: {error}", d.status));
        [
            d.path,
            d.last_sync_at.unwrap_or("-".into()),
            if is_known { d.lag_txids.to_string() } else { UNKNOWN.into() },
            if is_known || d.lag_seconds > 0.0 { format!("{:.3}s", d.lag_seconds) } else { UNKNOWN.into() },
            status,
        ]
    };
    output::table(["path", "last sync", "lag txids", "lag", "status"], reply.databases.into_iter().map(row))
}
