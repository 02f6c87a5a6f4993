//! Repair snapshots: taken from the live database when the replica's chain no longer leads to its newest state, because
//! files were deleted (G2) or the page size changed.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::maintenance::compaction;
use litestream_core::{
    Error, Result, failpoint,
    replica::{Level, ReplicaFile},
    restore,
    store::Body,
};
use ltx::{PageSize, Txid, TxidRange};
use tokio::{sync::oneshot, time::timeout};

use super::task::Maintenance;
use crate::{capture::full_read::snapshot::SnapshotFile, capture_task::requests::Request};

/// The longest time between two uploads while a snapshot waits for its last transaction to be acknowledged.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(60);

/// Why the replica needs a snapshot that spans everything up to now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RepairReason {
    /// These transactions are missing: nothing behind them can be reached.
    Gap(TxidRange),
    /// The database was replaced by one with pages of another size, or was vacuumed into them. No file holds pages of
    /// two sizes, so that a restore must not begin before the change.
    PageSize,
}

/// Known page sizes in the replica. Listings do not show them.
#[derive(Default)]
pub struct PageSizes(Mutex<KnownSizes>);

#[derive(Default)]
struct KnownSizes {
    /// The file that a restore begins with, once its header was asked for. `None`: it is damaged, or cannot be read; a
    /// restore will tell, and nothing else is kept waiting.
    beginning: Option<(ReplicaFile, Option<PageSize>)>,
    /// The first transaction of a file that could not be merged with those before it.
    resized_at: Option<Txid>,
}

impl PageSizes {
    fn lock(&self) -> MutexGuard<'_, KnownSizes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Maintenance<'_> {
    /// Closes a gap, if there is one. Nothing can be planned over it.
    pub(crate) async fn span_gap(&self) -> Result<()> {
        let gap = self.status.borrow().gap;
        match gap {
            Some(missing) => self.span(RepairReason::Gap(missing)).await,
            None => Ok(()),
        }
    }

    /// Handles a damaged file of the replica as a deleted one: a snapshot spans the transactions that it alone held.
    pub(crate) async fn do_without(&self, file: ReplicaFile) -> Result<()> {
        let (replica, level, txids) = (self.replica.location(), file.level, file.txids);
        tracing::warn!(kind = "damaged", replica, %level, %txids, "a file of the replica is damaged; it is left out");
        let files = {
            let mut manifest = self.manifest.lock();
            manifest.set_aside(file);
            manifest.files()
        };
        let acknowledged = self.status.borrow().acknowledged;
        self.report_gap(gap(&files, acknowledged));
        self.span_gap().await
    }

    /// Begins anew where the database has pages of another size, if no snapshot has them yet.
    pub(crate) async fn span_page_sizes(&self) -> Result<()> {
        if self.is_resized().await? { self.span(RepairReason::PageSize).await } else { Ok(()) }
    }

    async fn span(&self, need: RepairReason) -> Result<()> {
        let replica = self.replica.location();
        match need {
            RepairReason::Gap(missing) => {
                tracing::warn!(kind = "gap", replica, %missing, "the replica has a gap; a new snapshot is made");
            }
            RepairReason::PageSize => {
                tracing::info!(
                    kind = "resized",
                    replica,
                    "pages have another size than before; a new snapshot is made"
                );
            }
        }
        self.keep_first().await?;
        let txid = self.snapshot_of_all().await?;
        self.status.send_modify(|status| status.gap = None);
        self.page_sizes.lock().resized_at = None;
        match need {
            RepairReason::Gap(missing) => {
                tracing::info!(kind = "healed", replica, %missing, %txid, "the gap is healed by a snapshot");
            }
            RepairReason::PageSize => tracing::debug!(kind = "snapshot", replica, %txid, "merged"),
        }
        Ok(())
    }

    async fn is_resized(&self) -> Result<bool> {
        let page_size = self.status.borrow().page_size;
        let files = self.manifest.lock().files();
        let Some(beginning) = restore::beginning(&files) else { return Ok(false) };
        let merging_stopped = self.page_sizes.lock().resized_at.is_some_and(|at| beginning.txids.max() < at);
        let differs = match page_size {
            Some(now) if !merging_stopped => self.page_size(beginning).await?.is_some_and(|before| before != now),
            _ => false,
        };
        Ok(merging_stopped || differs)
    }

    /// Says that files from this transaction on have pages of another size than those before it. Whether a snapshot
    /// spans that already is seen when the next one may be needed.
    pub(crate) fn found_resized(&self, at: Txid) {
        self.page_sizes.lock().resized_at = Some(at);
    }

    /// Costs one request each time that restores begin with another file.
    async fn page_size(&self, beginning: &ReplicaFile) -> Result<Option<PageSize>> {
        if let Some((file, known)) = self.page_sizes.lock().beginning
            && file == *beginning
        {
            return Ok(known);
        }
        let page_size = match self.replica.header(beginning).await {
            Ok(header) => Some(header.page_size),
            Err(error) if error.is_retryable() || error.leaves_replica_unknown() => return Err(error),
            Err(_) => None,
        };
        self.page_sizes.lock().beginning = Some((*beginning, page_size));
        Ok(page_size)
    }

    /// The first whole database becomes the first snapshot, before there is a later one: else level 1 would begin
    /// behind that, and what lies in between would be lost with level 0 (G3).
    pub(crate) async fn keep_first(&self) -> Result<()> {
        let Some(base) = compaction::base(&self.manifest.lock().files()) else { return Ok(()) };
        let merged = base.perform(self.replica, |_| None, self.scratch).await?;
        merged.file.into_iter().for_each(|file| self.manifest.lock().add(file));
        Ok(())
    }

    /// Captures, and uploads the whole database as of that transaction; its TXID.
    async fn snapshot_of_all(&self) -> Result<Txid> {
        // A long queue delays the upload, and a copy of the whole database would take room meanwhile.
        let captured = self.status.borrow().captured;
        if let Some(txid) = captured {
            self.acknowledged(txid).await?;
        }
        let (answer, answered) = oneshot::channel();
        let request = Request::Snapshot(self.scratch.to_owned(), answer);
        self.requests.send(request).await.map_err(|_| Error::Cancelled)?;
        let SnapshotFile { path, summary } = answered.await.map_err(|_| Error::Cancelled)??;
        let header = summary.header;
        self.acknowledged(header.txids.max()).await?;
        let body = Body::File { path: path.to_path_buf(), size: summary.size };
        failpoint!("heal: before the PUT");
        self.replica.upload(Level::SNAPSHOT, header.txids, body, header.timestamp, true).await?;
        failpoint!("heal: after the PUT");
        let file = ReplicaFile {
            level: Level::SNAPSHOT,
            txids: header.txids,
            size: summary.size,
            created_at: header.timestamp,
        };
        self.manifest.lock().add(file);
        self.page_sizes.lock().beginning = Some((file, Some(header.page_size)));
        Ok(header.txids.max())
    }

    /// Waits until a transaction is in the replica, as long as uploads continue. Only then no other writer can have
    /// written it (G4).
    async fn acknowledged(&self, txid: Txid) -> Result<()> {
        let mut status = self.status.subscribe();
        loop {
            self.urgent.notify_one();
            let reached = status.borrow_and_update().acknowledged;
            if reached >= Some(txid) {
                return Ok(());
            }
            let further = timeout(UPLOAD_TIMEOUT, status.wait_for(|status| status.acknowledged > reached)).await;
            // Its sender is ours, so only time can run out.
            further.map(drop).map_err(|_| Error::Timeout {
                what: format!("the upload of TXID {txid}"),
                after: UPLOAD_TIMEOUT,
                cause: self.status.borrow().upload_problem.clone(),
            })?;
        }
    }
}

/// The missing transactions of a listing in which everything up to `acknowledged` should be; also at its end.
pub fn gap(files: &[ReplicaFile], acknowledged: Option<Txid>) -> Option<TxidRange> {
    let newest = files.iter().map(|file| file.txids.max()).max();
    let tail = || {
        let last = acknowledged.filter(|&last| newest < Some(last))?;
        TxidRange::new(newest.map_or(Txid::MIN, Txid::next), last).ok()
    };
    restore::missing(files).filter(|missing| Some(missing.min()) <= acknowledged).or_else(tail)
}
