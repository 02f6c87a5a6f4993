//! Lag during the start. Nothing is captured until the replica's listing has answered, so every commit waits until then.

use std::{
    convert::Infallible,
    fs::{self, File, Metadata},
    future, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

use litestream_core::{Result, clock, config::DatabaseConfig};
use ltx::{Header, Timestamp};
use tokio::{sync::watch, time::sleep};

use crate::{
    sqlite::{
        beside,
        wal::{FrameHeader, ReadAt, WalHeader},
    },
    stage::Stage,
    status::Status,
};

/// The longest time until a commit counts.
const LONGEST_INTERVAL: Duration = Duration::from_secs(1);

/// Runs the start, and sets [`Status::uncaptured_since`] meanwhile. The first capture clears it.
pub async fn during_start<T>(
    status: &watch::Sender<Status>,
    config: &DatabaseConfig,
    stage: &Stage,
    start: impl Future<Output = T>,
) -> T {
    tokio::select! {
        biased;
        done = start => done,
        never = watch(status, config, stage) => match never {},
    }
}

async fn watch(status: &watch::Sender<Status>, config: &DatabaseConfig, stage: &Stage) -> Infallible {
    let mut since = clock::now();
    // Looked up before the question of what is captured, so that no commit falls between the two.
    let before = FileStamps::of(&config.path);
    let mut may_wait = before.is_some() && !is_captured(&config.path, stage).unwrap_or(false);
    while !may_wait {
        since = clock::now();
        sleep(config.monitor_interval.min(LONGEST_INTERVAL)).await;
        may_wait = FileStamps::of(&config.path) != before;
    }
    mark(status, since);
    future::pending().await
}

fn mark(status: &watch::Sender<Status>, since: Timestamp) {
    status.send_modify(|status| {
        status.uncaptured_since.get_or_insert(since);
    });
}

/// File metadata that a commit changes.
#[derive(PartialEq, Eq)]
struct FileStamps {
    database: Stamp,
    /// `None`: absent or empty.
    wal: Option<Stamp>,
}

/// Inode, length in bytes, and the time of the last change in seconds and nanoseconds.
#[derive(PartialEq, Eq)]
struct Stamp(u64, u64, i64, i64);

impl FileStamps {
    /// `None` where no database is.
    fn of(database: &Path) -> Option<Self> {
        let (database, wal) = paths(database).ok()?;
        let database = fs::metadata(database).ok().filter(|found| found.len() > 0)?;
        let wal = fs::metadata(wal).ok().filter(|found| found.len() > 0);
        Some(FileStamps { database: Stamp::of(&database), wal: wal.as_ref().map(Stamp::of) })
    }
}

impl Stamp {
    fn of(file: &Metadata) -> Self {
        Stamp(file.ino(), file.len(), file.mtime(), file.mtime_nsec())
    }
}

/// SQLite resolves links, and keeps the WAL beside the file itself.
fn paths(database: &Path) -> io::Result<(PathBuf, PathBuf)> {
    let database = fs::canonicalize(database)?;
    let wal = beside(&database, "-wal");
    Ok((database, wal))
}

/// True if the newest staged file is known to hold the newest commit. An error counts as unknown, so as not captured.
fn is_captured(database: &Path, stage: &Stage) -> Result<bool> {
    let Some(&newest) = stage.files()?.last() else { return Ok(false) };
    let header = stage.header(newest)?;
    let look = || -> io::Result<bool> {
        let (database, wal) = paths(database)?;
        match File::open(wal) {
            Ok(wal) if wal.metadata()?.len() > 0 => ends_with(&wal, &header),
            // Commits of a WAL that is gone would have changed the database later.
            _ => Ok(fs::metadata(database)?.modified()? <= fs::metadata(stage.path(newest))?.modified()?),
        }
    };
    Ok(look().unwrap_or(false))
}

/// True if a WAL has no frame behind the place where a staged file ends.
fn ends_with<R: ReadAt + ?Sized>(wal: &R, staged: &Header) -> io::Result<bool> {
    let mut header = [0; WalHeader::LEN];
    wal.read_at(&mut header, 0)?;
    if WalHeader::decode(&header).is_none_or(|header| header.salt != staged.wal.salt) {
        return Ok(false);
    }
    let mut next = [0; FrameHeader::LEN];
    let read = wal.read_at(&mut next, staged.wal.end())?;
    // Frames of an earlier WAL have other salts.
    let is_frame = read == next.len() && FrameHeader::decode(&next).is_some_and(|next| next.salt == staged.wal.salt);
    Ok(!is_frame)
}
