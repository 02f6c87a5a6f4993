//! Messages to a database's capture task, and the shutdown signal.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use litestream_core::{Error, Result};
use ltx::Txid;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{sleep, sleep_until},
};

use super::{file_watcher::Watch, poll_schedule::Due};
use crate::{
    capture::full_read::{checksum::DatabaseChecksumAt, context::CaptureReply, snapshot::SnapshotFile},
    shutdown::{self, ShuttingDown},
};

/// A question, with where the answer goes.
#[derive(Debug)]
pub enum Request {
    /// Capture now; the newest captured transaction.
    Capture(CaptureReply),
    /// Capture now; the checksum of what was captured.
    Prove(oneshot::Sender<Result<DatabaseChecksumAt>>),
    /// Capture now; the whole database as of what was captured, in a temporary file of this folder.
    Snapshot(PathBuf, oneshot::Sender<Result<SnapshotFile>>),
}

impl Request {
    /// Answers with a failure. The caller may have gone.
    pub fn refuse(self, error: Error) {
        match self {
            Request::Capture(answer) => drop(answer.send(Err(error))),
            Request::Prove(answer) => drop(answer.send(Err(error))),
            Request::Snapshot(_, answer) => drop(answer.send(Err(error))),
        }
    }
}

/// The task's end of both channels.
pub struct Inbox {
    requests: mpsc::Receiver<Request>,
    pub shutdown: watch::Receiver<bool>,
    /// Put off until something that takes long is done.
    later: VecDeque<Request>,
}

/// The next thing for the task to do.
pub enum TaskEvent {
    Request(Request),
    /// Look whether something was committed. `hinted`: the kernel says that something was written.
    Poll {
        hinted: bool,
    },
}

impl Inbox {
    pub fn new(requests: mpsc::Receiver<Request>, shutdown: watch::Receiver<bool>) -> Self {
        Inbox { requests, shutdown, later: VecDeque::new() }
    }

    /// Runs a long operation. Requests for a capture go to `asking`; the other requests wait.
    pub async fn during<T>(&mut self, work: impl Future<Output = T>, asking: &Mutex<Vec<CaptureReply>>) -> T {
        tokio::pin!(work);
        let asking = || asking.lock().unwrap_or_else(PoisonError::into_inner);
        let sort = |later: &mut VecDeque<Request>, request| match request {
            Request::Capture(reply) => asking().push(reply),
            other => later.push_back(other),
        };
        for request in std::mem::take(&mut self.later) {
            sort(&mut self.later, request);
        }
        let done = loop {
            tokio::select! {
                biased;
                done = &mut work => break done,
                Some(request) = self.requests.recv() => sort(&mut self.later, request),
            }
        };
        self.later.extend(asking().drain(..).map(Request::Capture));
        done
    }

    /// Sleeps, refusing every request because of `problem`. An error means: the process is ending.
    pub async fn pause(&mut self, pause: Duration, problem: &Arc<Error>) -> Result<(), ShuttingDown> {
        let sleep = sleep(pause);
        tokio::pin!(sleep);
        loop {
            tokio::select! {
                biased;
                () = shutdown::signalled(&mut self.shutdown) => return Err(ShuttingDown),
                () = &mut sleep => return Ok(()),
                Some(request) = next(&mut self.later, &mut self.requests) => request.refuse(Error::clone(problem)),
            }
        }
    }

    /// The next request, or that a look is due.
    pub async fn next(&mut self, due: Due, file_watch: &Watch) -> Result<TaskEvent, ShuttingDown> {
        let look = async {
            sleep_until(due.earliest.into()).await;
            tokio::select! {
                biased;
                () = file_watch.rung() => true,
                () = sleep_until(due.latest.into()) => false,
            }
        };
        let (later, requests) = (&mut self.later, &mut self.requests);
        // In turn, where there is always one of each: only looks lead to checkpoints.
        let event = async {
            tokio::select! {
                hinted = look => TaskEvent::Poll { hinted },
                Some(request) = next(later, requests) => TaskEvent::Request(request),
            }
        };
        tokio::select! {
            biased;
            () = shutdown::signalled(&mut self.shutdown) => Err(ShuttingDown),
            event = event => Ok(event),
        }
    }

    pub fn is_ending(&self) -> bool {
        shutdown::is_signalled(&self.shutdown)
    }

    /// Answers all pending requests for a capture; this was the last one.
    pub fn answer_captures(&mut self, captured: &Result<Txid>) {
        while let Some(request) = self.later.pop_front().or_else(|| self.requests.try_recv().ok()) {
            if let Request::Capture(answer) = request {
                // The caller may have gone.
                let _ = answer.send(captured.clone());
            }
        }
    }

    /// Refuses every request until the process ends.
    pub async fn refuse_all(&mut self, problem: &Arc<Error>) {
        while self.pause(Duration::from_secs(3600), problem).await.is_ok() {}
    }

    /// Runs something that may take long; given up when the process ends.
    pub async fn unless_ending<T>(&mut self, work: impl Future<Output = T>) -> Result<T, ShuttingDown> {
        tokio::select! {
            biased;
            () = shutdown::signalled(&mut self.shutdown) => Err(ShuttingDown),
            done = work => Ok(done),
        }
    }
}

async fn next(later: &mut VecDeque<Request>, requests: &mut mpsc::Receiver<Request>) -> Option<Request> {
    match later.pop_front() {
        Some(request) => Some(request),
        None => requests.recv().await,
    }
}
