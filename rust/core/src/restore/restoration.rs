//! Builds a database from a replica: list, plan, download and apply, check, put in place. Nothing exists under the
//! target's name until it is whole; whatever fails, and when the future is dropped, leaves no trace.

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

/// One restore.
pub struct Restoration<'a> {
    /// Replica to read; nothing is written to it.
    pub replica: &'a Replica,
    /// State to restore.
    pub target: Target,
    /// Where the database shall lie. Missing folders are created.
    pub output: PathBuf,
    /// Move an existing database aside instead of refusing. It is kept.
    pub force: bool,
    /// Do nothing, successfully, where the database exists.
    pub if_db_not_exists: bool,
    /// Do nothing, successfully, where nothing was ever replicated. An unreachable store is still an error.
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
    /// [`Restoration::if_db_not_exists`] held.
    DatabaseExists,
    /// [`Restoration::if_replica_exists`] held.
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
    /// Size of the database.
    pub bytes: u64,
    /// Files read, and what was downloaded for them.
    pub files: usize,
    /// Compressed bytes of those files.
    pub downloaded_bytes: u64,
    /// Pages taken from before the database had shrunk, for want of newer ones. Not zero is suspicious, not wrong.
    pub stale_pages: u32,
    /// Time from the start of [`Restoration::run`].
    pub duration: Duration,
    /// Where the former database lies now.
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
        // One waits for the disk, the other one computes.
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

    /// The whole database under a temporary name, not yet synced.
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
