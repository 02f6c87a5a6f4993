//! Requests for a snapshot on demand, on their way to a database's maintenance.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use litestream_core::{Error, Result, replica::ReplicaFile};
use tokio::sync::{Notify, oneshot};

/// Receives the newest snapshot, and if it was made for this request.
pub type SnapshotAnswer = oneshot::Sender<Result<Snapshot>>;

#[derive(Clone, Copy, Debug)]
pub struct Snapshot {
    pub file: ReplicaFile,
    pub created: bool,
}

#[derive(Debug, Default)]
pub struct SnapshotRequests {
    waiting: Mutex<VecDeque<SnapshotAnswer>>,
    placed: Notify,
}

impl SnapshotRequests {
    /// Waits for the snapshot.
    pub async fn place(&self) -> Result<Snapshot> {
        let (reply_to, answered) = oneshot::channel();
        self.lock().push_back(reply_to);
        self.placed.notify_one();
        // An error means that the task has ended.
        answered.await.map_err(|_| Error::Cancelled)?
    }

    /// A request stays valid after its caller has stopped waiting.
    pub async fn next(&self) -> SnapshotAnswer {
        loop {
            // In a statement of its own, so that the lock is free during the wait.
            let reply_to = self.lock().pop_front();
            match reply_to {
                Some(reply_to) => return reply_to,
                None => self.placed.notified().await,
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<SnapshotAnswer>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
