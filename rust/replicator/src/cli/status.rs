use std::{fs, path::Path, time::Duration};

use litestream_core::{
    Result,
    config::DatabaseConfig,
    control::{Client, ListedDatabase},
};
use ltx::{Txid, file_name};
use serde::Serialize;

use super::{
    output,
    settings::{ConfigArguments, database_path},
};

/// Show the local state of databases and, while a replicator runs, how far behind their replicas are
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Only this database
    #[arg(value_name = "DB_PATH")]
    path: Option<std::path::PathBuf>,
}

#[derive(Serialize)]
struct StatusLine {
    database: String,
    /// `ok`, `not initialized`, `no database`, `failed` (a task of the running replicator panicked and is started again).
    status: &'static str,
    local_txid: String,
    wal_size: String,
    /// Captured transactions that the replica lacks, and the age of the oldest commit that it lacks; absent where they are
    /// unknown, as without a running replicator.
    #[serde(skip_serializing_if = "Option::is_none")]
    lag_txids: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lag_seconds: Option<f64>,
}

/// A running replicator answers at once; without one there is nothing to wait for.
const TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) async fn run(arguments: Arguments, settings: &ConfigArguments) -> Result<()> {
    let wanted = arguments.path.as_deref().map(database_path).transpose()?;
    let config = settings.config()?;
    let chosen = config.databases.iter().filter(|d| wanted.as_ref().is_none_or(|path| d.path == *path));
    let listed = Client::new(settings.socket(None)).with_timeout(TIMEOUT).list().await;
    let listed = listed.map(|reply| reply.databases).unwrap_or_default();
    let lines = chosen.map(|database| {
        let path = output::path(&database.path);
        line(database, listed.iter().find(|listed| listed.path == path))
    });
    if arguments.json {
        return output::json(&lines.collect::<Vec<_>>());
    }
    let rows = lines.map(|line| {
        let lag = match (line.lag_txids, line.lag_seconds) {
            (Some(txids), Some(seconds)) => format!("{txids} ({seconds:.3}s)"),
            (None, Some(seconds)) => format!("unknown ({seconds:.3}s)"),
            _ => "-".into(),
        };
        [line.database, line.status.into(), line.local_txid, line.wal_size, lag]
    });
    output::table(["database", "status", "local txid", "wal size", "lag"], rows)
}

fn line(database: &DatabaseConfig, listed: Option<&ListedDatabase>) -> StatusLine {
    let captured = newest_captured(&database.meta_path.join("ltx/0"));
    let status = match (database.path.exists(), captured) {
        _ if listed.is_some_and(|listed| listed.status == "failed") => "failed",
        (false, _) => "no database",
        (true, None) => "not initialized",
        (true, Some(_)) => "ok",
    };
    let mut wal = database.path.clone().into_os_string();
    wal.push("-wal");
    StatusLine {
        database: output::path(&database.path),
        status,
        local_txid: captured.map_or("-".into(), |txid| txid.to_string()),
        wal_size: fs::metadata(wal).map_or("-".into(), |wal| output::size(wal.len())),
        lag_txids: listed.filter(|listed| listed.position_known).map(|listed| listed.lag_txids),
        lag_seconds: listed
            .filter(|listed| listed.position_known || listed.lag_seconds > 0.0)
            .map(|listed| listed.lag_seconds),
    }
}

/// By the names of the local files; a missing folder has none.
fn newest_captured(level: &Path) -> Option<Txid> {
    let names = fs::read_dir(level).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter_map(|name| file_name::parse(&name)).map(|txids| txids.max()).max()
}
