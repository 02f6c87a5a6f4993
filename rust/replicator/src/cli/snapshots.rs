use litestream_core::{Result, replica::listing};
use serde::Serialize;

use super::{
    output,
    settings::{ConfigArguments, Subject, kind},
};

/// List the files of a replica that hold a whole database
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Path of a configured database, or URL of a replica
    #[arg(value_name = "DB_PATH|REPLICA_URL")]
    subject: String,
}

#[derive(Serialize)]
struct SnapshotLine {
    replica: &'static str,
    generation: String,
    /// TXID of the state it holds.
    index: String,
    size: u64,
    created: String,
}

pub(crate) async fn run(arguments: Arguments, settings: &ConfigArguments) -> Result<()> {
    let Subject { database, replica, .. } = settings.subject(&arguments.subject)?;
    let files = replica.all_files().await?;
    if files.is_empty() {
        replica.expect_no_legacy().await?;
    }
    let generations = listing::restorable_ranges(&files);
    let generation_of = |txid| generations.iter().find(|generation| generation.contains(txid));
    let lines = listing::snapshots(&files).into_iter().map(|file| SnapshotLine {
        replica: kind(&database),
        generation: generation_of(file.txids.max()).map_or_else(String::new, |found| found.start().to_string()),
        index: file.txids.max().to_string(),
        size: file.size,
        created: file.created_at.to_string(),
    });
    if arguments.json {
        return output::json(&lines.collect::<Vec<_>>());
    }
    let rows = lines.map(|l| [l.replica.into(), l.generation, l.index, l.size.to_string(), l.created]);
    output::table(["replica", "generation", "index", "size", "created"], rows)
}
