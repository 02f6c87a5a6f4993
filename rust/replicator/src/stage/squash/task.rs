//! When what waits for upload is squashed: before every round of uploads, and while one is under way, behind the files
//! that belong to it. A store that is slow fills the disk no more than one that is away.

use std::{
    convert::Infallible,
    time::{Duration, Instant},
};

use litestream_core::{Result, config::QueueBounds};
use ltx::{Txid, TxidRange};
use tokio::sync::watch;

use super::plan;
use crate::{
    stage::{Stage, pins::Pins},
    status::Status,
    threads::{Threads, Work},
};

/// Between attempts that fail, for want of space perhaps.
const PAUSE: Duration = Duration::from_secs(30);

/// Transactions that may wait without a look at their files.
const FEW: u64 = 3;

pub struct Squasher<'a> {
    stage: &'a Stage,
    /// More than that is not left waiting.
    bounds: QueueBounds,
    pins: &'a Pins,
    threads: &'a Threads,
    /// After a failure.
    not_before: Option<Instant>,
    /// On a thread of its own. It outlives a future that waits for it, and must end before the stage is looked through
    /// for what to send.
    running: Option<Work<Result<()>>>,
}

/// Which of the waiting files may be squashed.
#[derive(Clone, Copy)]
pub struct Behind {
    /// The first file behind this transaction stays as it is, since its name is where a second writer is met (G4).
    pub queue: Option<Txid>,
    /// Files up to this transaction may be in the replica under their own names.
    pub sent: Option<Txid>,
}

impl<'a> Squasher<'a> {
    pub fn new(stage: &'a Stage, bounds: QueueBounds, pins: &'a Pins, threads: &'a Threads) -> Self {
        Squasher { stage, bounds, pins, threads, not_before: None, running: None }
    }

    /// Squashes what waits, if it is more than it should be.
    pub async fn look(&mut self, status: &Status, behind: Behind) {
        self.settle().await;
        self.begin(status, behind);
        self.settle().await;
    }

    /// Looks whenever something changed, until this is dropped. [`Self::settle`] must follow.
    pub async fn watch(&mut self, mut status: watch::Receiver<Status>, behind: Behind) -> Infallible {
        loop {
            let now = status.borrow_and_update().clone();
            self.look(&now, behind).await;
            if status.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits for what is running. The files stay as they are where it fails.
    pub async fn settle(&mut self) {
        let Some(running) = &mut self.running else { return };
        let outcome = running.done().await.flatten();
        self.running = None;
        if let Err(error) = outcome {
            tracing::warn!(stage = %self.stage.location(), %error, "queued files cannot be squashed");
            self.not_before = Some(Instant::now() + PAUSE);
        }
    }

    fn begin(&mut self, status: &Status, behind: Behind) {
        let Some(captured) = status.captured.filter(|_| status.lag() > FEW) else { return };
        if self.not_before.is_some_and(|at| Instant::now() < at) {
            return;
        }
        let (stage, bounds, mapped_from) = (self.stage.clone(), self.bounds, status.mapped_from);
        let held = self.pins.txids();
        self.running = Some(self.threads.start(move || {
            let waiting = stage.files()?.into_iter().filter(|txids| Some(txids.max()) > behind.queue);
            let settled =
                |txids: &TxidRange| txids.max() < captured && mapped_from.is_none_or(|from| txids.max() < from);
            let untouched = waiting.skip(1).filter(|txids| Some(txids.min()) > behind.sent && settled(txids));
            let queue = untouched.map(|txids| stage.queued(txids)).collect::<Result<Vec<_>>>()?;
            let Some(parts) = plan::plan(&queue, bounds, &held) else { return Ok(()) };
            stage.squash(parts)?;
            tracing::info!(files = parts.len(), first = %parts[0].txids.min(), "queued files squashed into one");
            Ok(())
        }));
    }
}
