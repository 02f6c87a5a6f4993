//! The supervised task of one database: capture and upload. The database's lock is held, and requests are kept or
//! refused, from one run to the next.

use std::{ops::ControlFlow, path::Path, sync::Arc, time::Duration};

use litestream_core::{Error, Result};
use tokio::sync::mpsc;

use super::Replicator;
use crate::{
    capture_task::requests::{Inbox, Request},
    supervise::{Task, supervise},
};

pub struct Replication {
    pub replicator: Replicator,
    pub inbox: Inbox,
    /// To the inbox.
    pub requests: mpsc::Sender<Request>,
    /// The longest time for the last sync.
    pub last_sync: Duration,
}

impl Replication {
    /// Replicates until the process ends, and after a failure again. An error means that there was no last sync.
    pub async fn run(self) -> Result<(), Arc<Error>> {
        let path = self.replicator.config().path.clone();
        supervise(self).await.inspect_err(|_| {
            tracing::error!(
                kind = "stopped", path = %path.display(),
                "ended without a last sync; what was committed since is captured at the next start"
            );
        })
    }
}

impl Task for Replication {
    fn name(&self) -> &'static str {
        "replication"
    }

    fn database(&self) -> Option<&Path> {
        Some(&self.replicator.config().path)
    }

    async fn run(&mut self) -> Result<()> {
        self.replicator.replicate(&mut self.inbox, &self.requests, self.last_sync).await?;
        // A restarted run may have met the end of the process before it captured anything.
        self.replicator.failure().map_or(Ok(()), |problem| Err(Error::clone(&problem)))
    }

    fn failed(&mut self, problem: &Arc<Error>) {
        self.replicator.fail(problem);
    }

    /// Refuses every request meanwhile.
    async fn pause(&mut self, pause: Duration, problem: &Arc<Error>) -> ControlFlow<()> {
        match self.inbox.pause(pause, problem).await {
            Ok(()) => ControlFlow::Continue(()),
            Err(_shutting_down) => ControlFlow::Break(()),
        }
    }
}
