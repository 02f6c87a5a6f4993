//! Performs one maintenance job: merges or deletes files of the replica.

use std::path::PathBuf;

use crate::maintenance::compaction::{Stopped, compaction};
use litestream_core::{
    Result, failpoint,
    replica::{Level, ReplicaFile},
};
use ltx::{Timestamp, Txid};

use super::{
    schedule::{Job, Plan},
    task::Maintenance,
};

/// Work left after one step of a job.
pub(crate) enum Left {
    Nothing,
    More,
}

impl Maintenance<'_> {
    pub(crate) async fn perform(&self, job: &Job, files: &[ReplicaFile], now: Timestamp) -> Result<Left> {
        match job.plan(files, self.config, now)? {
            Plan::Merge(plan) => {
                failpoint!("maintenance: before a merge");
                let merged = plan.perform(self.replica, |source| self.staged(source), self.scratch).await?;
                failpoint!("maintenance: after a merge");
                if let Some(file) = merged.file {
                    tracing::debug!(kind = job.name(), replica = self.replica.location(), %plan, size = file.size, "merged");
                    self.manifest.lock().add(file);
                    self.report_unmerged();
                    self.stage.trim(&self.status.borrow())?;
                }
                let more = match merged.stopped {
                    None => plan.is_cut(),
                    Some(Stopped::Resized(at)) => {
                        self.found_resized(at);
                        // A snapshot across the change is made from the database, not from files.
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
                // Deletion may be left to the bucket's lifecycle rules, which report nothing.
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

    /// The path of a staged file of level 0.
    fn staged(&self, file: &ReplicaFile) -> Option<PathBuf> {
        Some(self.stage.path(file.txids)).filter(|path| file.level == Level::L0 && path.is_file())
    }

    /// Reports the first TXID that level 1 lacks. Later files stay in the stage, so that a merge downloads nothing.
    pub(crate) fn report_unmerged(&self) {
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

/// True if level 1 lacks transactions.
pub(crate) fn awaits_merging(files: &[ReplicaFile]) -> bool {
    Level::new(1).is_some_and(|level| matches!(compaction(files, level), Ok(Some(_))))
}
