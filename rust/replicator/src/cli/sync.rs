use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use litestream_core::{
    Result,
    control::{SyncReply, SyncRequest},
};
use ltx::Txid;
use serde::Serialize;

use super::{
    output,
    settings::{ConfigArguments, database_path},
    socket::SocketArgument,
};

/// Have a running replicator capture what was committed
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    socket: SocketArgument,
    /// Return only once the store has acknowledged the capture
    #[arg(long)]
    wait: bool,
    /// Longest wait
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    timeout: u64,
    #[arg(value_name = "DB_PATH")]
    path: PathBuf,
}

/// The replicator's answer, and the keys under which official Litestream prints it.
#[derive(Serialize)]
struct SyncReport {
    #[serde(flatten)]
    reply: SyncReply,
    db_path: String,
    /// As there, only with `-wait`.
    #[serde(skip_serializing_if = "Option::is_none")]
    replica_txid: Option<u64>,
    duration_ms: u128,
}

pub(crate) async fn run(arguments: Arguments, settings: &ConfigArguments) -> Result<()> {
    let Arguments { socket, wait, timeout, path } = arguments;
    let request = SyncRequest { path: output::path(&database_path(&path)?), wait, timeout };
    let client = socket.client(settings, Duration::from_secs(timeout));
    let started = Instant::now();
    let reply = client.sync(&request).await?;
    if socket.json {
        return output::json(&SyncReport {
            db_path: reply.path.clone(),
            replica_txid: wait.then_some(reply.replicated_txid),
            duration_ms: started.elapsed().as_millis(),
            reply,
        });
    }
    let txid = |value| Txid::new(value).map_or("-".into(), |txid| txid.to_string());
    let status = reply.status.replace('_', " ");
    output::line(format!("{status}: TXID {}, replicated {}", txid(reply.txid), txid(reply.replicated_txid)))
}
