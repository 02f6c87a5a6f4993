//! SQLite's integrity checks on a private file: a restored copy, never a live database.

use std::{
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use litestream_core::{
    Error, Result,
    restore::{IntegrityCheck, IntegrityChecker},
};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use tokio::task;

/// Faults that one check reports at most.
const FAULTS: u32 = 10;

/// Runs the checks in this process.
#[derive(Clone, Copy, Debug)]
pub struct CopyChecker;

#[async_trait]
impl IntegrityChecker for CopyChecker {
    async fn check(&self, database: &Path, check: IntegrityCheck) -> Result<()> {
        let path = database.to_path_buf();
        let checked = task::spawn_blocking(move || faults(&path, check).map_err(|error| explain(path, error))).await;
        let faults = checked.map_err(|error| Error::Internal(error.to_string()))??;
        if faults.is_empty() { Ok(()) } else { Err(corrupt(faults.join("; "))) }
    }
}

fn faults(path: &Path, check: IntegrityCheck) -> rusqlite::Result<Vec<String>> {
    let pragma = match check {
        IntegrityCheck::None => return Ok(Vec::new()),
        IntegrityCheck::Quick => "quick_check",
        IntegrityCheck::Full => "integrity_check",
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(immutable(path), flags)?;
    let mut statement = connection.prepare(&format!("PRAGMA {pragma}({FAULTS})"))?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
    lines.filter(|line| line.as_deref() != Ok("ok")).collect()
}

/// Opens the file without locks, `-wal` or `-shm`.
fn immutable(path: &Path) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(byte);
    let escape = |byte: &u8| if plain(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
    let path: String = path.as_os_str().as_bytes().iter().map(escape).collect();
    format!("file:{path}?immutable=1")
}

fn explain(path: PathBuf, error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => corrupt(error.to_string()),
        _ => Error::Database { path, problem: format!("integrity check: {error}") },
    }
}

fn corrupt(problem: String) -> Error {
    Error::Corrupt { what: "restored database".into(), problem }
}
