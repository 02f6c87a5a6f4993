//! Official Litestream as a judge: it restores what we replicated and replicates what we restore.

mod process;
mod settings;

pub use process::{Official, Replication, Target};
pub use settings::{Location, Settings};

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::skip::skipped;

/// The versions the project is judged by.
pub const VERSIONS: [&str; 3] = ["0.5.17", "0.5.9", "0.3.13"];

/// The path of an official executable, fetched by `bin/official` on the first use. Where it can't be
/// had this says that the test is skipped, and the test should return.
///
/// # Panics
/// If it can't be had in CI.
pub fn binary(version: &str) -> Option<PathBuf> {
    match find(version) {
        Ok(path) => Some(path),
        Err(why) => {
            skipped(format!("official Litestream {version}: {why}"));
            None
        }
    }
}

fn find(version: &str) -> Result<PathBuf, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bin/official");
    let output =
        Command::new(&script).arg(version).output().map_err(|error| format!("{}: {error}", script.display()))?;
    if output.status.success() {
        Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end()))
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim_end().to_owned())
    }
}
