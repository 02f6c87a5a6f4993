//! Every database of the process, by its path.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Instant,
};

use litestream_core::{Error, Result, clock};
use ltx::Timestamp;

use super::handle::Handle;
use crate::telemetry::Chronicle;

/// Handles of the running replicators, and the events of the process.
pub struct ReplicatorSet {
    databases: BTreeMap<PathBuf, Handle>,
    pub(crate) chronicle: Chronicle,
    pub(crate) started: Instant,
    pub(crate) started_at: Timestamp,
}

impl ReplicatorSet {
    pub(crate) fn new(databases: BTreeMap<PathBuf, Handle>, chronicle: Chronicle) -> Self {
        ReplicatorSet { databases, chronicle, started: Instant::now(), started_at: clock::now() }
    }

    pub(crate) fn databases(&self) -> impl ExactSizeIterator<Item = (&Path, &Handle)> {
        self.databases.iter().map(|(path, handle)| (path.as_path(), handle))
    }

    pub(crate) fn get(&self, path: &str) -> Option<&Handle> {
        self.databases.get(Path::new(path))
    }

    /// [`Error::Refused`] for a path that is not replicated here. `request`: for its message.
    pub(crate) fn handle(&self, path: &str, request: &str) -> Result<&Handle> {
        self.get(path).ok_or_else(|| Error::Refused {
            request: format!("{request} of {path}"),
            problem: format!("database not found: {path} is not replicated here"),
        })
    }
}
