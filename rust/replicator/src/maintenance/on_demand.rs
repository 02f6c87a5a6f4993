//! Snapshots that a caller asks for.

use litestream_core::{Error, Result, clock, replica::Level};

use super::{
    compaction,
    context::Context,
    jobs::{Left, perform},
    repair::{ensure_certain, keep_first, span_page_sizes},
    schedule::Job,
    snapshot_requests::{Snapshot, SnapshotAnswer},
};

pub(crate) async fn answer(context: &Context<'_>, reply_to: SnapshotAnswer) {
    let mut outcome = snapshot_now(context).await;
    if outcome.as_ref().is_err_and(Error::leaves_replica_unknown) {
        // Missing files are spanned once they are known.
        context.manifest.lock().doubt();
        outcome = snapshot_now(context).await;
    }
    if outcome.is_err() {
        context.manifest.lock().doubt();
    }
    // The caller may have gone.
    let _ = reply_to.send(outcome);
}

async fn snapshot_now(context: &Context<'_>) -> Result<Snapshot> {
    ensure_certain(context).await?;
    let created = lacks_snapshot(context);
    if created {
        keep_first(context).await?;
    }
    // Nothing is left to merge where the first snapshot holds everything.
    while lacks_snapshot(context) {
        let files = context.files(context.newest_acknowledged());
        if let Left::Nothing = perform(context, &Job::Snapshot, &files, clock::now()).await? {
            break;
        }
    }
    span_page_sizes(context).await?;
    let snapshots = context.manifest.lock().files().into_iter().filter(|file| file.level == Level::SNAPSHOT);
    let file = snapshots.max_by_key(|file| file.txids.max());
    let file = file.ok_or_else(|| Error::NoReplica { location: context.replica.location() })?;
    Ok(Snapshot { file, created })
}

/// True if the newest snapshot ends before the newest acknowledged transaction. Held transactions count too: a
/// snapshot takes nothing away.
fn lacks_snapshot(context: &Context<'_>) -> bool {
    !matches!(compaction::snapshot(&context.files(context.newest_acknowledged())), Ok(None))
}
