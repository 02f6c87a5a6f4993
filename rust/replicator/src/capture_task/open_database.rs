//! An open database with its checkpoints.

use std::time::{Duration, Instant};

use litestream_core::{Result, config::DatabaseConfig};
use ltx::Txid;

use crate::{
    capture::session::{LastCapture, Session},
    checkpoint::Checkpointer,
    stage::Stage,
};

/// The task moves it to a blocking thread and back for each piece of work.
pub struct OpenDatabase {
    pub session: Session,
    checkpointer: Checkpointer,
}

impl OpenDatabase {
    /// Opens the database and finds where to continue. Captures nothing yet.
    pub fn open(config: &DatabaseConfig, stage: Stage, last_capture: LastCapture) -> Result<Self> {
        let session = Session::open(config, stage, last_capture)?;
        Ok(OpenDatabase { session, checkpointer: Checkpointer::new(config, Instant::now()) })
    }

    /// Stages everything committed so far. Returns the newest captured transaction.
    pub fn capture(&mut self) -> Result<Txid> {
        self.session.capture()
    }

    /// Works on the page map for a short time.
    pub fn map(&mut self) -> Result<()> {
        self.session.map()
    }

    pub fn checkpoint_is_due(&self) -> bool {
        self.checkpointer.is_due(&self.session)
    }

    /// Time until a checkpoint is due if nothing more is captured; `None`: never.
    pub fn checkpoint_due_in(&self) -> Option<Duration> {
        self.checkpointer.due_in(&self.session)
    }

    /// Checkpoints. Skipped if a writer keeps the write lock for the whole busy timeout.
    pub fn checkpoint(&mut self) -> Result<()> {
        self.checkpointer.run(&mut self.session)
    }
}
