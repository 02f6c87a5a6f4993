//! An open database under our read lock.
//!
//! Everything rests on one rule: **the read lock is dropped only under the write lock and with every frame of the WAL
//! captured.** So a checkpoint or a restart of the WAL can only remove captured frames.

use std::fs::File;

use litestream_core::{Error, Result, config::DatabaseConfig};
use ltx::{PageSize, Txid};

use super::{
    page_map::{PageMap, PageMapUpdater},
    position::{Position, WalChange},
    resume::resume,
    wal_capture::WalCapture,
    write_lock,
};
use crate::{sqlite::Database, stage::Stage};

/// Retries after writing our own row, so that the WAL has a frame that is not yet checkpointed.
const READ_LOCK_ATTEMPTS: u32 = 5;

/// The captured position before the database is opened.
#[derive(Clone, Copy, Debug)]
pub struct LastCapture {
    /// The newest transaction captured by any process.
    pub newest: Option<Txid>,
    /// True if its file is staged and records where the WAL continues.
    pub staged: bool,
}

pub struct Session {
    pub(crate) database: Database,
    pub(crate) capture: WalCapture,
    /// True once anything but a checkpoint's own row was captured since the last checkpoint.
    pub(crate) has_commits: bool,
}

/// Result of moving the read lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LockMove {
    Done,
    /// Another writer kept the write lock for the whole busy timeout, or keeps committing too much.
    NotWhileBusy,
}

impl Session {
    /// Opens the database and finds where to continue. Captures nothing yet.
    pub fn open(config: &DatabaseConfig, stage: Stage, last_capture: LastCapture) -> Result<Self> {
        let database = Database::open(&config.path, config.busy_timeout)?;
        let mut map_updater = PageMapUpdater::open(&config.meta_path, &database, &stage, last_capture.newest);
        let position = position(&database, &stage, last_capture, &mut map_updater)?;
        let capture = WalCapture::new(stage, config.max_sync_wal_bytes, position, map_updater);
        Ok(Session { database, capture, has_commits: false })
    }

    /// The captured transaction whose page map would make a capture of the whole database unnecessary, if that map is
    /// missing.
    pub fn lacks_map(&self) -> Option<Txid> {
        let position = self.capture.position();
        position.txid.filter(|_| position.run.is_none() && !self.capture.map_updater().is_ready())
    }

    /// Takes the read lock and captures everything that may be new. `map`: the page map of the newest captured
    /// transaction.
    pub fn begin(&mut self, map: Option<PageMap>) -> Result<()> {
        if let Some(map) = map.filter(|map| map.page_size() == self.database.page_size()) {
            self.capture.adopt_map(map);
        }
        self.capture_all()
    }

    pub fn page_size(&self) -> PageSize {
        self.database.page_size()
    }

    /// The newest captured transaction.
    pub fn txid(&self) -> Option<Txid> {
        self.capture.position().txid
    }

    /// True if there may be commits since the last capture. Costs one small read.
    pub fn has_news(&self) -> Result<bool> {
        let Some(run) = self.capture.position().run.as_ref().filter(|_| self.database.has_read_lock()) else {
            return Ok(true);
        };
        let index = self.database.glance()?;
        Ok(index.is_none_or(|index| !matches!(run.change(&index, true), WalChange::Still | WalChange::Emptied)))
    }

    /// The open files of the database and its WAL.
    pub fn files(&self) -> [&File; 2] {
        [self.database.file(), self.database.wal()]
    }

    /// True if the database file was replaced or deleted.
    pub fn moved(&self) -> Result<bool> {
        self.database.moved()
    }

    /// Stages everything committed so far. Returns the newest captured transaction.
    pub fn capture(&mut self) -> Result<Txid> {
        let before = self.txid();
        let captured = self.capture_all();
        self.has_commits |= self.txid() != before;
        captured?;
        self.txid().ok_or_else(|| Error::Internal("a capture without a transaction".to_owned()))
    }

    pub(crate) fn capture_all(&mut self) -> Result<()> {
        if !self.database.has_read_lock() {
            self.catch_up_unlocked()?;
            self.move_read_lock_patiently()?;
        }
        self.capture.catch_up(&self.database)?;
        if self.capture.position().run.is_none() {
            self.move_read_lock_patiently()?;
            self.capture.afresh(&self.database)?;
        }
        Ok(())
    }

    /// Captures as much as possible before writers have to wait for the rest (G9): a start may find a long WAL.
    fn catch_up_unlocked(&mut self) -> Result<()> {
        let Some(salt) = self.capture.position().run.as_ref().map(|run| run.at.salt) else { return Ok(()) };
        self.database.take_read_lock()?;
        // The same WAL under a lock that holds: no frame was missed.
        if self.database.wal_index().is_ok_and(|index| index.salt == salt && !index.is_backfilled()) {
            self.capture.catch_up(&self.database)
        } else {
            self.database.drop_read_lock()
        }
    }

    /// True if [`Self::map`] has work.
    pub fn map_is_due(&self) -> bool {
        self.database.has_read_lock() && self.capture.map_is_due()
    }

    /// Works on the page map for a short time.
    pub fn map(&mut self) -> Result<()> {
        self.capture.map(&self.database);
        Ok(())
    }

    /// The oldest staged file that the page map needs.
    pub fn mapped_from(&self) -> Option<Txid> {
        self.capture.map_updater().staged_from()
    }

    /// Moves the read lock to the end of the WAL, on a frame that is not yet in the database file. On a WAL that is
    /// copied back entirely, the lock would not keep others from restarting it.
    pub(crate) fn move_read_lock(&mut self) -> Result<LockMove> {
        for _ in 0..READ_LOCK_ATTEMPTS {
            let Some(lock) = write_lock::take(&self.database, &mut self.capture)? else {
                return Ok(LockMove::NotWhileBusy);
            };
            self.capture.tail(&self.database)?;
            self.database.drop_read_lock()?;
            self.database.take_read_lock()?;
            if !self.database.wal_index()?.is_backfilled() {
                return Ok(LockMove::Done);
            }
            lock.bump()?;
        }
        Err(self.refused("something checkpoints it without pause, so that no read lock holds"))
    }

    fn move_read_lock_patiently(&mut self) -> Result<()> {
        match self.move_read_lock()? {
            LockMove::Done => Ok(()),
            LockMove::NotWhileBusy => {
                Err(self.refused("other writers kept the write lock, or committed much again and again"))
            }
        }
    }

    fn refused(&self, problem: &str) -> Error {
        Error::Database { path: self.database.path().to_owned(), problem: problem.to_owned() }
    }
}

/// The position to continue from: behind the newest transaction, in the WAL if the staged file still matches it.
fn position(
    database: &Database,
    stage: &Stage,
    last_capture: LastCapture,
    map_updater: &mut PageMapUpdater,
) -> Result<Position> {
    let Some(newest) = last_capture.newest.filter(|_| last_capture.staged) else {
        return Ok(Position { txid: last_capture.newest, commit: 0, run: None });
    };
    let resumed = match resume(database, stage, newest, map_updater) {
        // The newest transaction's file or the map is damaged. Neither is needed to capture the pages that differ.
        Err(error @ Error::Corrupt { .. }) => {
            map_updater.give_up(&error);
            return Ok(Position { txid: Some(newest), commit: 0, run: None });
        }
        resumed => resumed?,
    };
    if let Err(reason) = resumed.run {
        tracing::info!(kind = "wal_lost", path = %database.path().display(), reason, "the WAL cannot be followed");
    }
    Ok(Position { txid: Some(newest), commit: resumed.header.commit, run: resumed.run.ok() })
}
