use std::{fs, path::Path};

use litestream_core::{Result, config::DatabaseConfig};
use ltx::{Txid, file_name};
use serde::Serialize;

use super::{
    output,
    settings::{Settings, database_path},
};

/// Show the local state of databases, without asking anybody
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Only this database
    #[arg(value_name = "DB_PATH")]
    path: Option<std::path::PathBuf>,
}

#[derive(Serialize)]
struct Line {
    database: String,
    /// `ok`, `not initialized`, `no database`.
    status: &'static str,
    local_txid: String,
    wal_size: String,
}

pub(super) fn run(arguments: Arguments, settings: &Settings) -> Result<()> {
    let wanted = arguments.path.as_deref().map(database_path).transpose()?;
    let config = settings.config()?;
    let chosen = config.databases.iter().filter(|d| wanted.as_ref().is_none_or(|path| d.path == *path));
    let lines = chosen.map(line);
    if arguments.json {
        return output::json(&lines.collect::<Vec<_>>());
    }
    let rows = lines.map(|line| [line.database, line.status.into(), line.local_txid, line.wal_size]);
    output::table(["database", "status", "local txid", "wal size"], rows)
}

fn line(database: &DatabaseConfig) -> Line {
    let captured = newest_captured(&database.meta_path.join("ltx/0"));
    let status = match (database.path.exists(), captured) {
        (false, _) => "no database",
        (true, None) => "not initialized",
        (true, Some(_)) => "ok",
    };
    let mut wal = database.path.clone().into_os_string();
    wal.push("-wal");
    Line {
        database: output::path(&database.path),
        status,
        local_txid: captured.map_or("-".into(), |txid| txid.to_string()),
        wal_size: fs::metadata(wal).map_or("-".into(), |wal| output::size(wal.len())),
    }
}

/// By the names of the local files; a missing folder has none.
fn newest_captured(level: &Path) -> Option<Txid> {
    let names = fs::read_dir(level).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter_map(|name| file_name::parse(&name)).map(|txids| txids.max()).max()
}
