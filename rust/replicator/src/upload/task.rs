//! Stage → replica: when to send, and what a failure leads to. [`UploadPipeline`] sends.

use std::{path::Path, sync::Arc, time::Duration};

use litestream_core::{Error, Result, backoff::Backoff, config::QueueBounds, failpoint};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until},
};

use super::{acknowledge::Acknowledger, pipeline::UploadPipeline};
use crate::{
    stage::{
        pins::Pins,
        squash::task::{Behind, Squasher},
    },
    threads::Threads,
};

/// The first pause after a failure.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Between attempts once the process is ending: there is no later.
const LAST_PAUSE: Duration = Duration::from_millis(500);

/// Uploads what one database's capture stages.
pub struct UploadTask<'a> {
    /// Its path.
    pub database: &'a Path,
    pub acknowledger: Acknowledger<'a>,
    /// More than that is not left waiting.
    pub queue: QueueBounds,
    pub pins: &'a Pins,
    pub threads: &'a Threads,
    /// Least time between the beginnings of two rounds, under load.
    pub sync_interval: Duration,
    /// Notified when a caller waits for the next acknowledgement: no pause then.
    pub urgent: &'a Notify,
    /// Nothing more will be captured.
    pub closing: watch::Receiver<bool>,
}

/// When the next round may begin.
#[derive(Clone, Copy)]
enum NextRound {
    /// After a success.
    Spaced(Instant),
    /// After a failure.
    Retry(Instant),
}

impl UploadTask<'_> {
    /// Runs until `closing` and everything staged is acknowledged. Failures are retried for ever, except for a
    /// conflict: another writer writes this replica (G4).
    pub async fn run(mut self) -> Result<()> {
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        let mut next_round = NextRound::Spaced(Instant::now());
        let listed = self.acknowledger.manifest.lock().files().iter().map(|file| file.txids.max()).max();
        let mut pipeline = UploadPipeline::behind(listed);
        let mut squasher = Squasher::new(self.acknowledger.stage, self.queue, self.pins, self.threads);
        while self.pending().await {
            self.rest(next_round, &pipeline, &mut squasher).await;
            failpoint!("task: upload", self.database);
            let began = Instant::now();
            // Includes the newest capture: a caller may wait for it.
            let Some(until) = self.acknowledger.status.borrow().pending() else { continue };
            let behind = Behind { queue: Some(until), sent: Some(until) };
            let round = tokio::select! {
                outcome = pipeline.round(&self.acknowledger, until) => outcome,
                never = squasher.watch(self.acknowledger.status.subscribe(), behind) => match never {},
            };
            squasher.settle().await;
            next_round = match round {
                Ok(()) => {
                    backoff.reset();
                    NextRound::Spaced(began + self.sync_interval)
                }
                Err(error @ Error::Conflict { .. }) => {
                    pipeline.withdraw(self.acknowledger.replica).await;
                    return Err(error);
                }
                Err(error) => {
                    tracing::warn!(kind = "upload_failed", replica = self.acknowledger.replica.location(), %error, "upload failed; it will be tried again");
                    self.acknowledger.status.send_modify(|status| {
                        status.upload_problem = Some(Arc::new(error));
                        status.failed_uploads += 1;
                    });
                    NextRound::Retry(Instant::now() + backoff.pause())
                }
            };
        }
        Ok(())
    }

    /// Waits for a captured transaction that the replica lacks; false once none will come.
    async fn pending(&mut self) -> bool {
        let mut status = self.acknowledger.status.subscribe();
        loop {
            // Closing is signalled after the last capture, so it is read first.
            let closing = *self.closing.borrow();
            let pending = status.borrow_and_update().pending().is_some();
            if pending || closing {
                return pending;
            }
            // Neither sender can be gone: one is ours, the other one's loss means closing.
            tokio::select! {
                _ = status.changed() => {}
                _ = closed(&mut self.closing) => {}
            }
        }
    }

    /// Waits for the next round, unless a caller waits or the process is ending.
    async fn rest(&mut self, next: NextRound, pipeline: &UploadPipeline, squasher: &mut Squasher<'_>) {
        let closing = *self.closing.borrow();
        let until = match (next, closing) {
            // The last round waits for nothing: its time is bounded, the interval is not.
            (NextRound::Spaced(_), true) => return,
            (NextRound::Retry(at), true) => return sleep_until(at.min(Instant::now() + LAST_PAUSE)).await,
            (NextRound::Spaced(at) | NextRound::Retry(at), false) => at,
        };
        let mut status = self.acknowledger.status.subscribe();
        loop {
            let now = status.borrow_and_update().clone();
            squasher.look(&now, Behind { queue: now.acknowledged, sent: pipeline.sent() }).await;
            tokio::select! {
                () = sleep_until(until) => return,
                () = self.urgent.notified() => return,
                () = closed(&mut self.closing) => return,
                _ = status.changed() => {}
            }
        }
    }
}

/// Resolves when nothing more will be captured.
async fn closed(closing: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is as good as its word.
    let _ = closing.wait_for(|&closing| closing).await;
}
