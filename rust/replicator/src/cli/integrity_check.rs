use std::path::PathBuf;

use litestream_core::{
    Result,
    restore::{IntegrityCheck, IntegrityChecker},
};

use crate::sqlite::CopyChecker;

/// Run SQLite's integrity check on a copy that no process has open
#[derive(clap::Args)]
#[command(hide = true)]
pub(crate) struct Arguments {
    /// quick or full
    #[arg(long, default_value = "quick")]
    mode: IntegrityCheck,
    path: PathBuf,
}

pub(crate) async fn run(Arguments { mode, path }: Arguments) -> Result<()> {
    CopyChecker.check(&path, mode).await
}
