//! Starts the replicators of a process and the tasks that serve all of them, and stops them.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc, time::Duration};

use litestream_core::{Error, Result, config::DatabaseConfig, replica::Replica};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use super::{
    Replicator, answers::Answers, handle::Handle, replication::Replication, sampler::Sampling, set::ReplicatorSet,
};
use crate::{
    capture_task::{
        file_watcher::{Delivery, FileWatcher},
        requests::Inbox,
    },
    supervise::supervise_until_dropped,
    telemetry::Chronicle,
};

/// Requests that may wait for one database.
const INBOX_LEN: usize = 16;

/// The tasks behind [`Answers`].
pub struct Running {
    databases: JoinSet<Result<(), Arc<Error>>>,
    shutdown: watch::Sender<bool>,
    /// They end when this is dropped.
    helpers: JoinSet<Infallible>,
}

impl Running {
    /// Begins to replicate. Nothing is touched if one of the databases is already replicated on this machine: that is
    /// an [`Error::Conflict`]. Each replicator gets `last_sync` to finish once the process ends.
    pub fn start(
        databases: Vec<(DatabaseConfig, Replica)>,
        last_sync: Duration,
        chronicle: Chronicle,
    ) -> Result<(Arc<Answers>, Self)> {
        let watcher = FileWatcher::new();
        let new = |(config, replica)| Replicator::new(config, replica, Arc::clone(&watcher));
        let replicators = databases.into_iter().map(new);
        let replicators = replicators.collect::<Result<Vec<_>>>()?;
        let shutdown = watch::channel(false).0;
        let mut running = Running { databases: JoinSet::new(), shutdown, helpers: JoinSet::new() };
        let mut handles = BTreeMap::new();
        for replicator in replicators {
            let (sender, requests) = mpsc::channel(INBOX_LEN);
            let handle = Handle::new(&replicator, sender.clone());
            handles.insert(replicator.config().path.clone(), handle);
            let inbox = Inbox::new(requests, running.shutdown.subscribe());
            running.databases.spawn(Replication { replicator, inbox, requests: sender, last_sync }.run());
        }
        running.helpers.spawn(supervise_until_dropped(Delivery(watcher)));
        let set = Arc::new(ReplicatorSet::new(handles, chronicle));
        running.helpers.spawn(supervise_until_dropped(Sampling(Arc::clone(&set))));
        Ok((Arc::new(Answers(set)), running))
    }

    /// Captures and uploads what is left, then lets go of every database. An error means that a database had no last sync,
    /// because its task failed; the log has the others.
    pub async fn stop(mut self) -> Result<()> {
        self.shutdown.send_replace(true);
        let mut outcome = Ok(());
        while let Some(ended) = self.databases.join_next().await {
            let ended = ended.unwrap_or_else(|error| Err(Arc::new(Error::Internal(error.to_string()))));
            outcome = outcome.and(ended);
        }
        outcome.map_err(|problem| Error::clone(&problem))
    }
}
