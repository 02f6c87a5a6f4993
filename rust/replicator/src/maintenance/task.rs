//! Keeps the replica of one database small: compaction, snapshots and retention, each when it is due and has work. No
//! commit depends on it, so failures are reported and retried.

use std::{
    convert::Infallible,
    fs,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::maintenance::compaction;
use crate::stage::TEMPORARY_PREFIX;
use litestream_core::{
    Error, Result,
    backoff::Backoff,
    clock,
    config::MaintenanceConfig,
    failpoint,
    replica::{Level, Manifest, Replica, ReplicaFile},
};
use ltx::{PageSize, Timestamp, Txid, TxidRange};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::sleep,
};

use super::{
    jobs::{Left, awaits_merging},
    repair::{PageSizes, gap},
    schedule::{FIRST_PAUSE, Job, JobSchedule, LONGEST_PAUSE},
    snapshot_requests::{Snapshot, SnapshotAnswer, SnapshotRequests},
};
use crate::{
    capture_task::requests::Request,
    stage::{Stage, pins::Pins},
    status::Status,
};

/// The wall clock may be set while we sleep.
const LONGEST_SLEEP: Duration = Duration::from_secs(600);

/// The manifest as the tasks of one database share it.
#[derive(Default)]
pub struct SharedManifest(Mutex<Manifest>);

impl SharedManifest {
    pub fn lock(&self) -> MutexGuard<'_, Manifest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub struct Maintenance<'a> {
    /// Its path.
    pub database: &'a Path,
    pub replica: &'a Replica,
    pub manifest: &'a SharedManifest,
    pub stage: &'a Stage,
    pub status: &'a watch::Sender<Status>,
    pub config: &'a MaintenanceConfig,
    /// For temporary files.
    pub scratch: &'a Path,
    /// To the task that has the database open.
    pub requests: mpsc::Sender<Request>,
    pub snapshot_requests: &'a SnapshotRequests,
    /// Notified when a caller waits for the next acknowledgement.
    pub urgent: &'a Notify,
    pub pins: &'a Pins,
    pub page_sizes: PageSizes,
}

/// The state at the beginning of a round.
#[derive(Clone, Copy)]
struct Seen {
    mergeable: Option<Txid>,
    page_size: Option<PageSize>,
}

/// Future work, as known at the end of a round.
struct Next {
    /// `None`: nothing without a new transaction.
    due: Option<Timestamp>,
    /// True if level 1 lacks transactions, so that new ones change nothing.
    awaits_merging: bool,
}

impl Maintenance<'_> {
    /// Runs until it is dropped.
    pub async fn run(&self, schedule: &mut JobSchedule<'_>) -> Infallible {
        self.remove_leftovers();
        self.report_unmerged();
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        loop {
            let (mut status, mut held) = (self.status.subscribe(), self.pins.subscribe());
            let seen = self.see(&status.borrow_and_update());
            match self.round(schedule).await {
                Ok(next) => {
                    backoff.reset();
                    self.report_recovery(schedule);
                    tokio::select! {
                        () = self.rest(next, seen, status) => {}
                        // An unpinned transaction may be merged with later ones. The sender is ours.
                        _ = held.changed() => {}
                        reply_to = self.snapshot_requests.next() => self.answer(reply_to).await,
                    }
                }
                Err(error) => {
                    // The process is ending.
                    if !matches!(error, Error::Cancelled) {
                        tracing::warn!(kind = "maintenance_failed", replica = self.replica.location(), %error, "maintenance failed; it will be tried again");
                        self.status.send_modify(|status| status.maintenance_problem = Some(Arc::new(error)));
                    }
                    tokio::select! {
                        () = sleep(backoff.pause()) => {}
                        reply_to = self.snapshot_requests.next() => self.answer(reply_to).await,
                    }
                }
            }
        }
    }

    fn see(&self, status: &Status) -> Seen {
        Seen { mergeable: self.pins.mergeable(status.acknowledged), page_size: status.page_size }
    }

    /// Does everything that is due.
    async fn round(&self, schedule: &mut JobSchedule<'_>) -> Result<Next> {
        failpoint!("task: maintenance", self.database);
        self.be_certain().await.inspect_err(|error| self.doubt_after(error))?;
        let worked = self.work_off(schedule).await;
        self.report_stuck_merging(schedule.is_behind_with_level_1());
        // Merges end where page sizes change, so nothing else waits for this.
        let spanned = self.span_page_sizes().await.inspect_err(|error| self.doubt_after(error));
        spanned.and(worked)
    }

    async fn work_off(&self, schedule: &mut JobSchedule<'_>) -> Result<Next> {
        loop {
            let files = self.files(self.pins.mergeable(self.newest_acknowledged()));
            let now = clock::now();
            let job = match schedule.next(&files) {
                Some((due, job)) if due <= now => job,
                later => return Ok(Next { due: later.map(|(due, _)| due), awaits_merging: awaits_merging(&files) }),
            };
            schedule.begin(job);
            match self.perform(&job, &files, now).await {
                // The rest of a large merge is still due.
                Ok(Left::More) => {}
                Ok(Left::Nothing) => schedule.done(&job, now),
                Err(error) => {
                    // A refusal is looked into once. Nothing new is seen by listing again after each one.
                    if error.leaves_replica_unknown() || !schedule.has_failed(job) {
                        self.manifest.lock().doubt();
                    }
                    schedule.put_off(job, now);
                    return Err(error);
                }
            }
        }
    }

    /// Nothing beyond this is merged: until a file of level 0 is acknowledged, one of its name in the replica may be
    /// another writer's, and is not the one that is staged (G4).
    fn newest_acknowledged(&self) -> Option<Txid> {
        self.status.borrow().acknowledged
    }

    /// The replica's files, of level 0 up to `newest`.
    fn files(&self, newest: Option<Txid>) -> Vec<ReplicaFile> {
        let mut files = self.manifest.lock().files();
        files.retain(|file| file.level > Level::L0 || Some(file.txids.max()) <= newest);
        files
    }

    fn report_recovery(&self, schedule: &JobSchedule<'_>) {
        if !schedule.is_behind() {
            self.status.send_if_modified(|status| {
                let failure = status.maintenance_failure.take();
                status.maintenance_problem.take().or(failure).is_some()
            });
        }
    }

    pub(crate) fn report_stuck_merging(&self, stuck: bool) {
        self.status.send_if_modified(|status| std::mem::replace(&mut status.is_merging_stuck, stuck) != stuck);
    }

    async fn answer(&self, reply_to: SnapshotAnswer) {
        let mut outcome = self.snapshot_now().await;
        if outcome.as_ref().is_err_and(Error::leaves_replica_unknown) {
            // Missing files are spanned once they are known.
            self.manifest.lock().doubt();
            outcome = self.snapshot_now().await;
        }
        if outcome.is_err() {
            self.manifest.lock().doubt();
        }
        // The caller may have gone.
        let _ = reply_to.send(outcome);
    }

    async fn snapshot_now(&self) -> Result<Snapshot> {
        self.be_certain().await?;
        let created = self.lacks_snapshot();
        if created {
            self.keep_first().await?;
        }
        // Nothing is left to merge where the first snapshot holds everything.
        while self.lacks_snapshot() {
            let files = self.files(self.newest_acknowledged());
            if let Left::Nothing = self.perform(&Job::Snapshot, &files, clock::now()).await? {
                break;
            }
        }
        self.span_page_sizes().await?;
        let snapshots = self.manifest.lock().files().into_iter().filter(|file| file.level == Level::SNAPSHOT);
        let file = snapshots.max_by_key(|file| file.txids.max());
        let file = file.ok_or_else(|| Error::NoReplica { location: self.replica.location() })?;
        Ok(Snapshot { file, created })
    }

    /// True if the newest snapshot ends before the newest acknowledged transaction. Held transactions count too: a
    /// snapshot takes nothing away.
    fn lacks_snapshot(&self) -> bool {
        !matches!(compaction::snapshot(&self.files(self.newest_acknowledged())), Ok(None))
    }

    /// Nothing is planned over a manifest that may be wrong, or over a gap.
    async fn be_certain(&self) -> Result<()> {
        if self.manifest.lock().is_doubtful() {
            self.list().await?;
        }
        // Nothing is merged until then.
        self.span_gap().await.inspect_err(|_| self.report_stuck_merging(true))
    }

    fn doubt_after(&self, error: &Error) {
        if error.leaves_replica_unknown() {
            self.manifest.lock().doubt();
        }
    }

    /// Takes the replica's word for what it holds.
    async fn list(&self) -> Result<()> {
        let before = self.status.borrow().acknowledged;
        let mut files = self.replica.all_files().await?;
        let mut manifest = self.manifest.lock();
        // Adds the files uploaded during the listing.
        files.extend(manifest.files().into_iter().filter(|file| Some(file.txids.max()) > before));
        manifest.relist(files);
        let gap = gap(&manifest.files(), before);
        drop(manifest);
        self.report_gap(gap);
        self.report_unmerged();
        Ok(())
    }

    pub(crate) fn report_gap(&self, gap: Option<TxidRange>) {
        self.status.send_if_modified(|status| std::mem::replace(&mut status.gap, gap) != gap);
    }

    /// Until the next job is due, the database got another page size or, as long as level 1 has everything, there is
    /// more to do.
    async fn rest(&self, next: Next, seen: Seen, mut status: watch::Receiver<Status>) {
        let pause = next.due.map_or(LONGEST_SLEEP, |due| due.since(clock::now())).min(LONGEST_SLEEP);
        let listening = next.due.is_none() || !next.awaits_merging;
        let is_more = |status: &Status| {
            let now = self.see(status);
            (listening && now.mergeable != seen.mergeable) || now.page_size != seen.page_size
        };
        let more = async {
            if status.wait_for(is_more).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = sleep(pause) => {}
            () = more => {}
        }
    }

    fn remove_leftovers(&self) {
        let Ok(entries) = fs::read_dir(self.scratch) else { return };
        for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(TEMPORARY_PREFIX))
        {
            failpoint!("maintenance: before a leftover goes");
            if let Err(error) = fs::remove_file(entry.path()) {
                tracing::warn!(path = %entry.path().display(), %error, "cannot remove what an earlier process left");
            }
        }
    }
}

impl From<Manifest> for SharedManifest {
    fn from(manifest: Manifest) -> Self {
        SharedManifest(Mutex::new(manifest))
    }
}
