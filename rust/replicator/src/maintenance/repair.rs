//! Repair snapshots: taken from the live database when the replica's chain no longer leads to its newest state, because
//! files were deleted (G2) or the page size changed.

use std::time::Duration;

use litestream_core::{
    Error, Result, failpoint,
    replica::{Level, ReplicaFile},
    restore,
    store::Body,
};
use ltx::{Txid, TxidRange};
use tokio::{sync::oneshot, time::timeout};

use super::{compaction, context::Context};
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

/// Closes a gap, if there is one. Nothing can be planned over it.
pub(crate) async fn span_gap(context: &Context<'_>) -> Result<()> {
    let gap = context.status.borrow().gap;
    match gap {
        Some(missing) => span(context, RepairReason::Gap(missing)).await,
        None => Ok(()),
    }
}

/// Handles a damaged file of the replica as a deleted one: a snapshot spans the transactions that it alone held.
pub(crate) async fn do_without(context: &Context<'_>, file: ReplicaFile) -> Result<()> {
    let (replica, level, txids) = (context.replica.location(), file.level, file.txids);
    tracing::warn!(kind = "damaged", replica, %level, %txids, "a file of the replica is damaged; it is left out");
    let files = {
        let mut manifest = context.manifest.lock();
        manifest.set_aside(file);
        manifest.files()
    };
    let acknowledged = context.status.borrow().acknowledged;
    context.report_gap(gap(&files, acknowledged));
    span_gap(context).await
}

/// Begins anew where the database has pages of another size, if no snapshot has them yet.
pub(crate) async fn span_page_sizes(context: &Context<'_>) -> Result<()> {
    if is_resized(context).await? { span(context, RepairReason::PageSize).await } else { Ok(()) }
}

async fn is_resized(context: &Context<'_>) -> Result<bool> {
    let page_size = context.status.borrow().page_size;
    let files = context.manifest.lock().files();
    context.page_sizes.is_resized(context.replica, &files, page_size).await
}

async fn span(context: &Context<'_>, need: RepairReason) -> Result<()> {
    let replica = context.replica.location();
    match need {
        RepairReason::Gap(missing) => {
            tracing::warn!(kind = "gap", replica, %missing, "the replica has a gap; a new snapshot is made");
        }
        RepairReason::PageSize => {
            tracing::info!(kind = "resized", replica, "pages have another size than before; a new snapshot is made");
        }
    }
    keep_first(context).await?;
    let txid = snapshot_of_all(context).await?;
    context.status.send_modify(|status| status.gap = None);
    context.page_sizes.spanned();
    match need {
        RepairReason::Gap(missing) => {
            tracing::info!(kind = "healed", replica, %missing, %txid, "the gap is healed by a snapshot");
        }
        RepairReason::PageSize => tracing::debug!(kind = "snapshot", replica, %txid, "merged"),
    }
    Ok(())
}

/// The first whole database becomes the first snapshot, before there is a later one: else level 1 would begin
/// behind that, and what lies in between would be lost with level 0 (G3).
pub(crate) async fn keep_first(context: &Context<'_>) -> Result<()> {
    let Some(base) = compaction::base(&context.manifest.lock().files()) else { return Ok(()) };
    let merged = base.perform(context.replica, |_| None, context.scratch).await?;
    merged.file.into_iter().for_each(|file| context.manifest.lock().add(file));
    Ok(())
}

/// Captures, and uploads the whole database as of that transaction; its TXID.
async fn snapshot_of_all(context: &Context<'_>) -> Result<Txid> {
    // A long queue delays the upload, and a copy of the whole database would take room meanwhile.
    let captured = context.status.borrow().captured;
    if let Some(txid) = captured {
        acknowledged(context, txid).await?;
    }
    let (answer, answered) = oneshot::channel();
    let request = Request::Snapshot(context.scratch.to_owned(), answer);
    context.requests.send(request).await.map_err(|_| Error::Cancelled)?;
    let SnapshotFile { path, summary } = answered.await.map_err(|_| Error::Cancelled)??;
    let header = summary.header;
    acknowledged(context, header.txids.max()).await?;
    let body = Body::File { path: path.to_path_buf(), size: summary.size };
    failpoint!("heal: before the PUT");
    context.replica.upload(Level::SNAPSHOT, header.txids, body, header.timestamp, true).await?;
    failpoint!("heal: after the PUT");
    let file =
        ReplicaFile { level: Level::SNAPSHOT, txids: header.txids, size: summary.size, created_at: header.timestamp };
    context.manifest.lock().add(file);
    context.page_sizes.begin_with(file, header.page_size);
    Ok(header.txids.max())
}

/// Waits until a transaction is in the replica, as long as uploads continue. Only then no other writer can have
/// written it (G4).
async fn acknowledged(context: &Context<'_>, txid: Txid) -> Result<()> {
    let mut status = context.status.subscribe();
    loop {
        context.urgent.notify_one();
        let reached = status.borrow_and_update().acknowledged;
        if reached >= Some(txid) {
            return Ok(());
        }
        let further = timeout(UPLOAD_TIMEOUT, status.wait_for(|status| status.acknowledged > reached)).await;
        // Its sender is ours, so only time can run out.
        further.map(drop).map_err(|_| Error::Timeout {
            what: format!("the upload of TXID {txid}"),
            after: UPLOAD_TIMEOUT,
            cause: context.status.borrow().upload_problem.clone(),
        })?;
    }
}

/// Nothing is planned over a manifest that may be wrong, or over a gap.
pub(crate) async fn ensure_certain(context: &Context<'_>) -> Result<()> {
    if context.manifest.lock().is_doubtful() {
        list(context).await?;
    }
    // Nothing is merged until then.
    span_gap(context).await.inspect_err(|_| context.report_stuck_merging(true))
}

/// Takes the replica's word for what it holds.
async fn list(context: &Context<'_>) -> Result<()> {
    let before = context.status.borrow().acknowledged;
    let mut files = context.replica.all_files().await?;
    let mut manifest = context.manifest.lock();
    // Adds the files uploaded during the listing.
    files.extend(manifest.files().into_iter().filter(|file| Some(file.txids.max()) > before));
    manifest.relist(files);
    let gap = gap(&manifest.files(), before);
    drop(manifest);
    context.report_gap(gap);
    context.report_unmerged();
    Ok(())
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
