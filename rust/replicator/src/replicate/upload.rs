//! Stage → replica, in TXID order: no file is sent before the one before it is acknowledged.

use std::{sync::Arc, time::Duration};

use litestream_core::{
    Error, Result, failpoint,
    replica::{Level, Replica, ReplicaFile},
    store::{Body, StoreError},
};
use ltx::{Header, Txid, TxidRange};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, sleep_until},
};

use super::{backoff::Backoff, clock, maintenance::SharedManifest, remote, stage::Stage, status::Status};

/// The first pause after a failure.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Between attempts once the process is ending: there is no later.
const LAST_PAUSE: Duration = Duration::from_millis(500);

/// Uploads what one database's capture stages.
pub struct Upload<'a> {
    pub replica: &'a Replica,
    pub manifest: &'a SharedManifest,
    pub stage: &'a Stage,
    pub status: &'a watch::Sender<Status>,
    /// Least time between the beginnings of two rounds, under load.
    pub sync_interval: Duration,
    /// Somebody waits for the next acknowledgement: no pause now.
    pub urgent: &'a Notify,
    /// Nothing more will be captured.
    pub closing: watch::Receiver<bool>,
}

impl Upload<'_> {
    /// Runs until `closing` and everything staged is acknowledged. Failures are retried for ever, except for a
    /// conflict: somebody else writes this replica (G4).
    pub async fn run(mut self) -> Result<()> {
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        let mut next_round = Instant::now();
        while let Some(until) = self.pending().await {
            // The last round waits for nothing: its time is bounded, the interval is not.
            if !*self.closing.borrow() {
                self.pause(sleep_until(next_round)).await;
            }
            next_round = Instant::now() + self.sync_interval;
            match self.round(until).await {
                Ok(()) => backoff.reset(),
                Err(error @ Error::Conflict { .. }) => return Err(error),
                Err(error) => {
                    tracing::warn!(replica = self.replica.location(), %error, "upload failed; it will be tried again");
                    self.status.send_modify(|status| {
                        status.upload_problem = Some(Arc::new(error));
                        status.failed_uploads += 1;
                    });
                    let pause = if *self.closing.borrow() { LAST_PAUSE } else { backoff.pause() };
                    self.pause(sleep(pause)).await;
                }
            }
        }
        Ok(())
    }

    /// Waits for a captured transaction that the replica lacks, and returns the newest; `None` once none will come.
    async fn pending(&mut self) -> Option<Txid> {
        let mut status = self.status.subscribe();
        loop {
            // Closing is told after the last capture: looked at first, so that this is not missed.
            let closing = *self.closing.borrow();
            let newest = pending(&status.borrow_and_update());
            if newest.is_some() || closing {
                return newest;
            }
            // Neither sender can be gone: one is ours, the other one's loss means closing.
            tokio::select! {
                _ = status.changed() => {}
                _ = closed(&mut self.closing) => {}
            }
        }
    }

    /// Sleeps unless somebody waits or the process is ending.
    async fn pause(&mut self, sleep: impl Future<Output = ()>) {
        let already_closing = *self.closing.borrow();
        tokio::select! {
            () = sleep => {}
            () = self.urgent.notified() => {}
            () = closed(&mut self.closing), if !already_closing => {}
        }
    }

    async fn round(&self, until: Txid) -> Result<()> {
        loop {
            let next = self.status.borrow().acknowledged.map_or(Txid::MIN, Txid::next);
            if next > until {
                return Ok(());
            }
            let file = self.upload(next).await?;
            self.manifest.lock().add(file);
            failpoint!("upload: after the PUT");
            self.acknowledge(next)?;
        }
    }

    async fn upload(&self, txid: Txid) -> Result<ReplicaFile> {
        let ours = self.stage.ends(txid)?;
        let path = self.stage.path(txid);
        let timestamp = Header::decode(&ours.header).map(|header| header.timestamp);
        let timestamp = timestamp
            .map_err(|error| Error::Corrupt { what: path.display().to_string(), problem: error.to_string() })?;
        self.status.send_modify(|status| status.pending_since = Some(timestamp));
        let body = Body::File { path, size: ours.size };
        let txids = TxidRange::single(txid);
        let file = ReplicaFile { level: Level::L0, txids, size: ours.size, created_at: clock::now() };
        failpoint!("upload: before the PUT");
        match self.replica.upload(Level::L0, txids, body, timestamp, true).await {
            Ok(()) => Ok(file),
            Err(error @ StoreError::AlreadyExists { .. }) => match remote::is_same(self.replica, txid, &ours).await? {
                Some(true) => {
                    tracing::info!(%txid, "already in the replica: the answer to an earlier upload was lost");
                    Ok(file)
                }
                Some(false) => Err(taken(&error)),
                None => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    fn acknowledge(&self, txid: Txid) -> Result<()> {
        self.status.send_modify(|status| {
            status.acknowledged = Some(txid);
            status.acknowledged_at = Some(clock::now());
            status.upload_problem = None;
            if pending(status).is_none() {
                status.pending_since = None;
            }
        });
        tracing::debug!(%txid, replica = self.replica.location(), "uploaded");
        self.stage.trim(&self.status.borrow())
    }
}

/// The newest captured transaction, if the replica lacks it.
fn pending(status: &Status) -> Option<Txid> {
    status.captured.filter(|&captured| !status.has(captured))
}

/// Resolves when nothing more will be captured.
async fn closed(closing: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is as good as its word.
    let _ = closing.wait_for(|&closing| closing).await;
}

fn taken(error: &StoreError) -> Error {
    let what = match error {
        StoreError::AlreadyExists { location, key } => format!("object {key} at {location}"),
        other => other.to_string(),
    };
    let holder = "another writer of this replica, whose file it is; one of the two must stop or get another path";
    Error::Conflict { what, holder: holder.to_owned() }
}
