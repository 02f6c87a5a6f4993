//! Builds a database from a replica: list, plan, download and apply, check, install. Nothing exists under the target's
//! name until the database is complete. A failure or a dropped future leaves no trace.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use ltx::Txid;
use tokio::task;

use super::{
    IntegrityCheck, IntegrityChecker, Target,
    apply::{Applied, Reach, apply},
    install,
    retry::{Replans, find_plan},
    temporary::{self, TemporaryDatabase},
};
use crate::{Error, Result, failpoint, replica::Replica};

/// Settings of one restore.
pub struct Restoration<'a> {
    /// Replica to read; nothing is written to it.
    pub replica: &'a Replica,
    /// State to restore.
    pub target: Target,
    /// Path of the new database. Missing folders are created.
    pub output: PathBuf,
    /// Moves an existing database aside, and keeps it, instead of refusing.
    pub force: bool,
    /// Succeeds without a restore if the database exists.
    pub if_db_not_exists: bool,
    /// Succeeds without a restore if nothing was ever replicated. An unreachable store is still an error.
    pub if_replica_exists: bool,
    /// Depth of SQLite's check before the database gets its final name.
    pub integrity: IntegrityCheck,
    /// Runs that check; unused with [`IntegrityCheck::None`].
    pub checker: &'a dyn IntegrityChecker,
}

/// Result of a restore that did not fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreOutcome {
    /// The database is installed.
    Restored(Restored),
    /// The database exists, and [`Restoration::if_db_not_exists`] is set.
    DatabaseExists,
    /// There is no replica, and [`Restoration::if_replica_exists`] is set.
    NoReplica,
}

/// Summary of a finished restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The requested output, links not resolved.
    pub path: PathBuf,
    /// Newest transaction in the database.
    pub txid: Txid,
    /// Size of the database in pages.
    pub pages: u32,
    /// Size of the database in bytes.
    pub bytes: u64,
    /// Files read from the replica.
    pub files: usize,
    /// Compressed bytes of those files.
    pub downloaded_bytes: u64,
    /// Pages taken from before a shrink of the database, for lack of newer ones. A number above 0 is suspicious, not
    /// wrong.
    pub stale_pages: u32,
    /// Time from the start of [`Restoration::run`].
    pub duration: Duration,
    /// New path of the former database; `None` if there was none.
    pub kept: Option<PathBuf>,
}

impl Restoration<'_> {
    /// Restores, checks and installs the database. Retries with a new plan if a file of the replica vanishes.
    pub async fn run(self) -> Result<RestoreOutcome> {
        let started = Instant::now();
        let target = install::resolve(&self.output);
        if let Some(path) = install::existing(&target).into_iter().next() {
            if self.if_db_not_exists && path == target {
                return Ok(RestoreOutcome::DatabaseExists);
            }
            if !self.force {
                return Err(Error::TargetExists { path });
            }
        }
        let (applied, output) = match self.rebuild(&target).await {
            Err(Error::NoReplica { .. }) if self.if_replica_exists => return Ok(RestoreOutcome::NoReplica),
            rebuilt => rebuilt?,
        };
        let (file, database) = output.into_parts();
        let path = database.to_path_buf();
        failpoint!("restore: before the fsync");
        let synced = blocking(move || file.sync_all().map_err(Error::io("sync", path)));
        // The sync waits for the disk while the check computes.
        tokio::try_join!(synced, self.check(&database))?;
        let force = self.force;
        let kept = blocking(move || install::place(database, &target, force)).await?;
        Ok(RestoreOutcome::Restored(Restored {
            path: self.output,
            txid: applied.txid,
            pages: applied.commit,
            bytes: u64::from(applied.commit) * u64::from(applied.page_size.get()),
            files: applied.files,
            downloaded_bytes: applied.bytes,
            stale_pages: applied.stale_pages,
            duration: started.elapsed(),
            kept,
        }))
    }

    async fn check(&self, database: &Path) -> Result<()> {
        if self.integrity == IntegrityCheck::None {
            return Ok(());
        }
        let _side_files = install::SideFiles { database: database.to_path_buf() };
        self.checker.check(database, self.integrity).await
    }

    /// Builds the whole database under a temporary name, not yet synced.
    async fn rebuild(&self, target: &Path) -> Result<(Applied, TemporaryDatabase)> {
        let mut replans = Replans::default();
        loop {
            match self.attempt(target).await {
                Err(error) => replans.after(error).await?,
                rebuilt => return rebuilt,
            }
        }
    }

    async fn attempt(&self, target: &Path) -> Result<(Applied, TemporaryDatabase)> {
        let plan = find_plan(self.replica, self.target).await?;
        tracing::debug!(%plan, "restoring");
        prepare_directory(target)?;
        let output = TemporaryDatabase::create(target)?;
        apply(self.replica, &plan, Reach::UntilComplete, output).await
    }
}

fn prepare_directory(target: &Path) -> Result<()> {
    let (directory, _) = temporary::parts(target)?;
    fs::create_dir_all(&directory).map_err(Error::io("create", &directory))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    task::spawn_blocking(work).await.map_err(|error| Error::Internal(error.to_string()))?
}
