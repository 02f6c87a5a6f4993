//! What reaches a database's task from outside: requests, and the end.

use std::{path::PathBuf, sync::Arc, time::Duration};

use litestream_core::{Error, Result};
use ltx::Txid;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::sleep,
};

use super::{proof::Proof, status::repeat, whole::Whole};

/// A question, with where the answer goes.
#[derive(Debug)]
pub enum Request {
    /// Capture now; the newest captured transaction.
    Capture(oneshot::Sender<Result<Txid>>),
    /// Capture now; the checksum of what was captured.
    Prove(oneshot::Sender<Result<Proof>>),
    /// Capture now; the whole database as of what was captured, in a temporary file of this folder.
    Snapshot(PathBuf, oneshot::Sender<Result<Whole>>),
}

impl Request {
    /// Answers with a failure. Whoever asked may have gone, which is no concern of ours.
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
    pub requests: mpsc::Receiver<Request>,
    pub shutdown: watch::Receiver<bool>,
}

/// The process is ending.
#[derive(Debug, PartialEq, Eq)]
pub struct Ending;

impl Inbox {
    /// Sleeps, refusing every request because of `problem`. An error means: the process is ending.
    pub async fn pause(&mut self, pause: Duration, problem: &Arc<Error>) -> Result<(), Ending> {
        let sleep = sleep(pause);
        tokio::pin!(sleep);
        loop {
            tokio::select! {
                biased;
                () = ending(&mut self.shutdown) => return Err(Ending),
                () = &mut sleep => return Ok(()),
                Some(request) = self.requests.recv() => request.refuse(repeat(problem)),
            }
        }
    }

    /// The next request within `patience`.
    pub async fn next(&mut self, patience: Duration) -> Result<Option<Request>, Ending> {
        tokio::select! {
            biased;
            () = ending(&mut self.shutdown) => Err(Ending),
            Some(request) = self.requests.recv() => Ok(Some(request)),
            () = sleep(patience) => Ok(None),
        }
    }

    /// Refuses every request until the process ends.
    pub async fn refuse_all(&mut self, problem: &Arc<Error>) {
        while self.pause(Duration::from_secs(3600), problem).await.is_ok() {}
    }

    /// Runs something that may take long; given up when the process ends.
    pub async fn unless_ending<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Ending> {
        tokio::select! {
            biased;
            () = ending(&mut self.shutdown) => Err(Ending),
            done = work => Ok(done),
        }
    }
}

async fn ending(shutdown: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is as good as its word.
    let _ = shutdown.wait_for(|&ending| ending).await;
}
