//! One database as seen from outside its task.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use litestream_core::{Error, Result};
use ltx::Txid;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::Replicator;
use crate::{
    capture_task::requests::Request,
    maintenance::snapshot_requests::{Snapshot, SnapshotRequests},
    status::{Phase, Status},
    telemetry::LagHistory,
};

/// Asks, and waits for what is asked for.
pub struct Handle {
    requests: mpsc::Sender<Request>,
    status: watch::Receiver<Status>,
    urgent: Arc<Notify>,
    snapshot_requests: Arc<SnapshotRequests>,
    location: String,
    lag: Mutex<LagHistory>,
}

impl Handle {
    /// `requests` leads to the task that will run `replicator`.
    pub fn new(replicator: &Replicator, requests: mpsc::Sender<Request>) -> Self {
        Handle {
            requests,
            status: replicator.status(),
            urgent: replicator.urgent(),
            snapshot_requests: replicator.snapshot_requests(),
            location: replicator.location(),
            lag: Mutex::default(),
        }
    }

    pub fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// The replica's location.
    pub fn location(&self) -> &str {
        &self.location
    }

    pub fn lag(&self) -> MutexGuard<'_, LagHistory> {
        self.lag.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<Result<T>>) -> Request) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let asked = async {
            self.requests.send(request(answer)).await.map_err(|_| Error::Cancelled)?;
            answered.await.map_err(|_| Error::Cancelled)?
        };
        self.unless_stopped(asked).await
    }

    /// A snapshot of what the replica holds.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        self.unless_stopped(self.snapshot_requests.place()).await
    }

    /// Work whose answer is lost if replication stops meanwhile; then it is the reason of that, and
    /// [`Error::Cancelled`] if the process is ending.
    async fn unless_stopped<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let stopped = async {
            let mut status = self.status.clone();
            let stopped = status.wait_for(|status| status.phase == Phase::Stopped).await;
            stopped.ok().and_then(|status| status.upload_problem.as_deref().cloned()).unwrap_or(Error::Cancelled)
        };
        tokio::pin!(stopped);
        tokio::select! {
            biased;
            error = &mut stopped => Err(error),
            outcome = work => match outcome {
                // The answering task has ended and is about to report the reason.
                Err(Error::Cancelled) => Err(stopped.await),
                outcome => outcome,
            },
        }
    }

    /// Waits until the replica has `txid`, or until an upload fails in a way that another attempt will not mend.
    pub async fn acknowledged(&self, txid: Txid) -> Result<()> {
        let mut status = self.status.clone();
        let failed_before = status.borrow().failed_uploads;
        self.urgent.notify_one();
        let is_lasting = |problem: &Arc<Error>| !problem.is_retryable();
        let settled = |status: &Status| {
            let failed_again = status.failed_uploads > failed_before || status.phase == Phase::Stopped;
            status.has(txid) || (failed_again && status.upload_problem.as_ref().is_some_and(is_lasting))
        };
        let status = status.wait_for(settled).await.map_err(|_| Error::Cancelled)?;
        match &status.upload_problem {
            Some(problem) if !status.has(txid) => Err(Error::clone(problem)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    fn handle() -> (Handle, mpsc::Receiver<Request>, watch::Sender<Status>) {
        let (requests, received) = mpsc::channel(1);
        let (sender, status) = watch::channel(Status::default());
        let (urgent, snapshot_requests) = (Arc::default(), Arc::default());
        let handle =
            Handle { requests, status, urgent, snapshot_requests, location: String::new(), lag: Mutex::default() };
        (handle, received, sender)
    }

    /// For a dropped request, and for one that is never answered.
    #[tokio::test]
    async fn a_request_made_before_replication_stopped_is_answered_with_the_reason() {
        for forgotten in [true, false] {
            let (handle, mut requests, status) = handle();
            let stop = async {
                let request = requests.recv().await.filter(|_| !forgotten);
                // The answer is lost a while before the reason is reported.
                for _ in 0..3 {
                    tokio::task::yield_now().await;
                }
                let conflict = Error::Conflict { what: "the replica".to_owned(), holder: "another writer".to_owned() };
                status.send_modify(|status| {
                    status.phase = Phase::Stopped;
                    status.upload_problem = Some(Arc::new(conflict));
                });
                request
            };
            let asked = async { tokio::join!(handle.ask(Request::Capture), stop).0 };
            let answer = timeout(Duration::from_secs(10), asked).await.unwrap();
            assert!(matches!(answer, Err(Error::Conflict { .. })), "{forgotten}: {answer:?}");
        }
    }
}
