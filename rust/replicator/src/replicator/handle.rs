//! One database as seen from outside its task.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use litestream_core::{Error, Result};
use ltx::Txid;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::Replicator;
use crate::{
    capture_task::requests::Request,
    maintenance::snapshot_requests::{Snapshot, SnapshotRequests},
    status::Status,
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
        self.unless_halted(asked, Status::standstill).await
    }

    /// A snapshot of what the replica holds.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let halted = |status: &Status| status.standstill().or_else(|| status.maintenance_failure.clone());
        self.unless_halted(self.snapshot_requests.place(), halted).await
    }

    /// Work whose answer is lost if its task halts meanwhile. The error is the reason of that then, and
    /// [`Error::Cancelled`] if the process is ending.
    async fn unless_halted<T>(
        &self,
        work: impl Future<Output = Result<T>>,
        halted: impl Fn(&Status) -> Option<Arc<Error>>,
    ) -> Result<T> {
        let stopped = async {
            let mut status = self.status.clone();
            let status = status.wait_for(|status| halted(status).is_some()).await;
            status.ok().and_then(|status| halted(&status)).map_or(Error::Cancelled, |problem| Error::clone(&problem))
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
            let failed_again = status.failed_uploads > failed_before;
            let is_hopeless = failed_again && status.upload_problem.as_ref().is_some_and(is_lasting);
            status.has(txid) || is_hopeless || status.standstill().is_some()
        };
        let status = status.wait_for(settled).await.map_err(|_| Error::Cancelled)?;
        match status.standstill().or_else(|| status.upload_problem.clone()) {
            Some(problem) if !status.has(txid) => Err(Error::clone(&problem)),
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
    use crate::status::Phase;

    fn handle() -> (Handle, mpsc::Receiver<Request>, watch::Sender<Status>) {
        let (requests, received) = mpsc::channel(1);
        let (sender, status) = watch::channel(Status::default());
        let (urgent, snapshot_requests) = (Arc::default(), Arc::default());
        let handle =
            Handle { requests, status, urgent, snapshot_requests, location: String::new(), lag: Mutex::default() };
        (handle, received, sender)
    }

    fn stop(status: &mut Status) {
        let conflict = Error::Conflict { what: "the replica".to_owned(), holder: "another writer".to_owned() };
        status.phase = Phase::Stopped;
        status.upload_problem = Some(Arc::new(conflict));
    }

    fn fail(status: &mut Status) {
        status.fail(Arc::new(Error::Internal("a panic".to_owned())));
    }

    /// For a dropped request, and for one that is never answered.
    #[tokio::test]
    async fn a_caller_gets_the_reason_why_replication_halted() {
        for (forgotten, halt, code) in [
            (true, stop as fn(&mut Status), "conflict"),
            (false, stop, "conflict"),
            (true, fail, "internal"),
            (false, fail, "internal"),
        ] {
            let (handle, mut requests, status) = handle();
            let stop = async {
                let request = requests.recv().await.filter(|_| !forgotten);
                // The answer is lost a while before the reason is reported.
                for _ in 0..3 {
                    tokio::task::yield_now().await;
                }
                status.send_modify(halt);
                request
            };
            let asked = async { tokio::join!(handle.ask(Request::Capture), stop).0 };
            let answer = timeout(Duration::from_secs(10), asked).await.unwrap();
            assert_eq!(answer.unwrap_err().code(), code, "{forgotten}");
            let waited = timeout(Duration::from_secs(10), handle.acknowledged(Txid::MIN)).await.unwrap();
            assert_eq!(waited.unwrap_err().code(), code, "an acknowledgement that never comes");
        }
    }
}
