//! What a supervisor is told.

use std::{path::PathBuf, time::Duration};

use super::{Backoff, Command};
use crate::config::DEFAULT_SHUTDOWN_SYNC_TIMEOUT;

#[derive(Clone, Debug)]
pub struct Settings {
    pub command: Command,
    /// One file per application: whoever locks it starts the replicator, the others stand by.
    pub lock: PathBuf,
    /// While there is a file of this name, nobody starts the replicator, and who runs it ends it.
    pub off: Option<PathBuf>,
    /// What the child gives itself for its last sync.
    pub last_sync: Duration,
    /// How often who stands by tries to take over; at most a second.
    pub poll: Duration,
    pub backoff: Backoff,
}

impl Settings {
    pub fn new(command: Command, lock: impl Into<PathBuf>) -> Settings {
        Settings {
            command,
            lock: lock.into(),
            off: None,
            last_sync: DEFAULT_SHUTDOWN_SYNC_TIMEOUT,
            poll: Duration::from_millis(500),
            backoff: Backoff::default(),
        }
    }
}
