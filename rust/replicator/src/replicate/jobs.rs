//! One job of maintenance: merges files of the replica, or deletes them.

use std::path::PathBuf;

use litestream_core::{
    Result,
    compact::{Stopped, compaction},
    failpoint,
    replica::{Level, ReplicaFile},
};
use ltx::{Timestamp, Txid};

use super::{
    agenda::{Job, Plan},
    maintenance::Maintenance,
};

/// What a job could not do at once.
pub(super) enum Left {
    Nothing,
    More,
}

impl Maintenance<'_> {
    pub(super) async fn perform(&self, job: &Job, files: &[ReplicaFile], now: Timestamp) -> Result<Left> {
        match job.plan(files, self.config, now)? {
            Plan::Merge(plan) => {
                failpoint!("maintenance: before a merge");
                let merged = plan.perform(self.replica, |source| self.staged(source), self.scratch).await?;
                failpoint!("maintenance: after a merge");
                if let Some(file) = merged.file {
                    tracing::debug!(kind = job.name(), replica = self.replica.location(), %plan, size = file.size, "merged");
                    self.manifest.lock().add(file);
                    self.tell_what_is_merged();
                    self.stage.trim(&self.status.borrow())?;
                }
                let more = match merged.stopped {
                    None => plan.is_cut(),
                    Some(Stopped::Resized(at)) => {
                        self.found_resized(at);
                        // A snapshot across the change is made of the database, not of files.
                        merged.file.is_some()
                    }
                    Some(Stopped::Damaged(file)) => {
                        self.do_without(file).await?;
                        true
                    }
                };
                Ok(if more { Left::More } else { Left::Nothing })
            }
            Plan::Delete(condemned) => {
                let names: Vec<_> = condemned.iter().map(|file| (file.level, file.txids)).collect();
                failpoint!("maintenance: before a deletion");
                // Where that is left to rules of the bucket, nobody tells when it is done.
                if self.config.delete {
                    self.replica.delete(&names).await?;
                    tracing::debug!(
                        kind = job.name(),
                        replica = self.replica.location(),
                        files = names.len(),
                        "deleted"
                    );
                }
                failpoint!("maintenance: after a deletion");
                self.manifest.lock().remove(&condemned);
                Ok(Left::Nothing)
            }
        }
    }

    /// Where a file of level 0 lies staged.
    fn staged(&self, file: &ReplicaFile) -> Option<PathBuf> {
        Some(self.stage.path(file.txids)).filter(|path| file.level == Level::L0 && path.is_file())
    }

    /// Staged files stay until level 1 has their transactions, so that nothing is downloaded to be merged.
    pub(super) fn tell_what_is_merged(&self) {
        let files = self.manifest.lock().files();
        let first = match (self.config.levels.is_empty(), Level::new(1).map(|level| compaction(&files, level))) {
            (false, Some(Ok(Some(plan)))) => Some(plan.txids().min()),
            (false, Some(Ok(None))) => {
                files.iter().map(|file| file.txids.max()).max().map_or(Some(Txid::MIN), |newest| Some(newest.next()))
            }
            _ => None,
        };
        self.status.send_if_modified(|status| std::mem::replace(&mut status.unmerged_from, first) != first);
    }
}

/// Whether level 1 lacks transactions.
pub(super) fn awaits_merging(files: &[ReplicaFile]) -> bool {
    Level::new(1).is_some_and(|level| matches!(compaction(files, level), Ok(Some(_))))
}
