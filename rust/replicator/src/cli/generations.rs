use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use litestream_core::{
    Result,
    replica::listing::{self, RestorableRange},
};
use serde::Serialize;

use super::{
    output,
    settings::{ConfigArguments, Subject, kind},
};

/// List the stretches of a replica that can be restored
///
/// LTX replicas have no generation ids: a generation is a run of transactions without a gap, named by the one it
/// starts at.
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
struct RangeLine {
    name: &'static str,
    generation: String,
    /// How much later than the generation's end the database was written, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    lag: Option<f64>,
    start: String,
    end: String,
}

pub(crate) async fn run(arguments: Arguments, settings: &ConfigArguments) -> Result<()> {
    let Subject { path, database, replica } = settings.subject(&arguments.subject)?;
    let files = replica.all_files().await?;
    if files.is_empty() {
        replica.expect_no_legacy().await?;
    }
    let written_at = path.as_deref().and_then(written_at);
    let lines = listing::restorable_ranges(&files).into_iter().map(|generation| RangeLine {
        name: kind(&database),
        generation: generation.start().to_string(),
        lag: written_at.map(|at| lag(at, &generation)),
        start: generation.started_at().to_string(),
        end: generation.ended_at().to_string(),
    });
    if arguments.json {
        return output::json(&lines.collect::<Vec<_>>());
    }
    let rows = lines.map(|line| {
        let lag = line.lag.map_or("-".into(), |seconds| format!("{seconds:.3}s"));
        [line.name.into(), line.generation, lag, line.start, line.end]
    });
    output::table(["name", "generation", "lag", "start", "end"], rows)
}

/// When the database or its WAL was last written. Their names are looked at only, never opened.
fn written_at(database: &Path) -> Option<SystemTime> {
    let mut wal = database.as_os_str().to_owned();
    wal.push("-wal");
    let modified = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    modified(database).max(modified(&PathBuf::from(wal)))
}

fn lag(written_at: SystemTime, generation: &RestorableRange) -> f64 {
    let written_at = written_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis() as f64;
    ((written_at - generation.ended_at().millis() as f64) / 1000.0).max(0.0)
}
