use std::{path::PathBuf, time::Duration};

use litestream_core::{Result, control::SyncRequest};
use ltx::Txid;

use super::{
    output,
    settings::{Settings, database_path},
    socket::Socket,
};

/// Have a running replicator capture what was committed
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    socket: Socket,
    /// Return only once the store has acknowledged the capture
    #[arg(long)]
    wait: bool,
    /// Longest wait
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    timeout: u64,
    #[arg(value_name = "DB_PATH")]
    path: PathBuf,
}

pub(super) async fn run(arguments: Arguments, settings: &Settings) -> Result<()> {
    let Arguments { socket, wait, timeout, path } = arguments;
    let request = SyncRequest { path: output::path(&database_path(&path)?), wait, timeout };
    let client = socket.client(settings, Duration::from_secs(timeout));
    let reply = client.sync(&request).await?;
    if socket.json {
        return output::json(&reply);
    }
    let txid = |value| Txid::new(value).map_or("-".into(), |txid| txid.to_string());
    let status = reply.status.replace('_', " ");
    output::line(format!("{status}: TXID {}, replicated {}", txid(reply.txid), txid(reply.replicated_txid)))
}
