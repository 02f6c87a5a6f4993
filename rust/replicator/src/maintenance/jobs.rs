//! Performs one maintenance job: merges or deletes files of the replica.

use litestream_core::{
    Result, failpoint,
    replica::{Level, ReplicaFile},
};
use ltx::Timestamp;

use super::{
    compaction::{Stopped, compaction},
    context::Context,
    repair::do_without,
    schedule::{Job, JobPlan},
};

/// Work left after one step of a job.
pub(crate) enum Left {
    Nothing,
    More,
}

pub(crate) async fn perform(context: &Context<'_>, job: &Job, files: &[ReplicaFile], now: Timestamp) -> Result<Left> {
    match job.plan(files, context.config, now)? {
        JobPlan::Merge(plan) => {
            failpoint!("maintenance: before a merge");
            let merged = plan.perform(context.replica, |source| context.staged(source), context.scratch).await?;
            failpoint!("maintenance: after a merge");
            if let Some(file) = merged.file {
                tracing::debug!(kind = job.name(), replica = context.replica.location(), %plan, size = file.size, "merged");
                context.manifest.lock().add(file);
                context.report_unmerged();
                context.stage.trim(&context.status.borrow())?;
            }
            let more = match merged.stopped {
                None => plan.is_cut(),
                Some(Stopped::Resized(at)) => {
                    context.page_sizes.found_resized(at);
                    // A snapshot across the change is made from the database, not from files.
                    merged.file.is_some()
                }
                Some(Stopped::Damaged(file)) => {
                    do_without(context, file).await?;
                    true
                }
            };
            Ok(if more { Left::More } else { Left::Nothing })
        }
        JobPlan::Delete(condemned) => {
            let names: Vec<_> = condemned.iter().map(|file| (file.level, file.txids)).collect();
            failpoint!("maintenance: before a deletion");
            // Deletion may be left to the bucket's lifecycle rules, which report nothing.
            if context.config.delete {
                context.replica.delete(&names).await?;
                tracing::debug!(
                    kind = job.name(),
                    replica = context.replica.location(),
                    files = names.len(),
                    "deleted"
                );
            }
            failpoint!("maintenance: after a deletion");
            context.manifest.lock().remove(&condemned);
            Ok(Left::Nothing)
        }
    }
}

/// True if level 1 lacks transactions.
pub(crate) fn awaits_merging(files: &[ReplicaFile]) -> bool {
    Level::new(1).is_some_and(|level| matches!(compaction(files, level), Ok(Some(_))))
}
