use litestream_core::{
    Result,
    replica::{Level, ReplicaFile},
};
use serde::Serialize;

use super::{output, settings::ConfigArguments};

/// List the LTX files of a replica
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// 0 to 9, or `all`
    #[arg(long, default_value = "0", value_parser = levels)]
    level: Levels,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Path of a configured database, or URL of a replica
    #[arg(value_name = "DB_PATH|REPLICA_URL")]
    subject: String,
}

#[derive(Clone, Copy)]
enum Levels {
    One(Level),
    All,
}

fn levels(text: &str) -> Result<Levels, String> {
    let one = || text.parse().ok().and_then(Level::new).map(Levels::One);
    if text == "all" { Ok(Levels::All) } else { one().ok_or_else(|| "a level is 0 to 9, or `all`".into()) }
}

#[derive(Serialize)]
struct File {
    level: u8,
    min_txid: String,
    max_txid: String,
    size: u64,
    timestamp: String,
}

impl From<ReplicaFile> for File {
    fn from(file: ReplicaFile) -> Self {
        File {
            level: file.level.get(),
            min_txid: file.txids.min().to_string(),
            max_txid: file.txids.max().to_string(),
            size: file.size,
            timestamp: file.created_at.to_string(),
        }
    }
}

pub(crate) async fn run(arguments: Arguments, settings: &ConfigArguments) -> Result<()> {
    let replica = settings.subject(&arguments.subject)?.replica;
    let files = match arguments.level {
        Levels::One(level) => replica.files(level, None).await?,
        Levels::All => replica.all_files().await?,
    };
    if files.is_empty() {
        replica.expect_no_legacy().await?;
    }
    let files = files.into_iter().map(File::from);
    if arguments.json {
        return output::json(&files.collect::<Vec<_>>());
    }
    let rows = files.map(|f| [f.level.to_string(), f.min_txid, f.max_txid, f.size.to_string(), f.timestamp]);
    output::table(["level", "min_txid", "max_txid", "size", "created"], rows)
}
