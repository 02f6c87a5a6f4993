//! The state of a database's replicator, as other tasks and callers see it.

use std::sync::Arc;

use litestream_core::{Error, clock};
use ltx::{PageSize, Timestamp, Txid, TxidRange};

/// Where the replicator of a database stands.
#[derive(Clone, Debug, Default)]
pub struct Status {
    pub phase: Phase,
    /// The replica's first listing has answered: `captured` and `acknowledged` are `None` before, for they are unknown.
    pub is_position_known: bool,
    /// The newest captured transaction.
    pub captured: Option<Txid>,
    /// The live database's page size; `None` until it is open.
    pub page_size: Option<PageSize>,
    /// The newest transaction in the replica, with every one before it there too, but for `gap`.
    pub acknowledged: Option<Txid>,
    /// Transactions before `acknowledged` that were deleted from the replica. It restores only to the state before
    /// them, until a new snapshot spans them.
    pub gap: Option<TxidRange>,
    /// When the oldest transaction that the replica lacks was captured.
    pub pending_since: Option<Timestamp>,
    pub acknowledged_at: Option<Timestamp>,
    /// Since when commits may wait uncaptured: the start is not finished, captures fail or take long, or the database is left
    /// to its application first.
    pub uncaptured_since: Option<Timestamp>,
    /// The early end of the task that captures and uploads, in [`Phase::Failed`].
    pub task_failure: Option<Arc<Error>>,
    /// The early end of the task that compacts and clears the replica; `None` once it works again.
    pub maintenance_failure: Option<Arc<Error>>,
    /// The failure that keeps new commits from being captured.
    pub capture_problem: Option<Arc<Error>>,
    /// The failure that keeps captured transactions from the replica.
    pub upload_problem: Option<Arc<Error>>,
    /// The failure of compaction, snapshots or retention; no data is unsafe for it.
    pub maintenance_problem: Option<Arc<Error>>,
    /// The oldest transaction that level 1 of the replica lacks; `None`: no level is merged.
    pub unmerged_from: Option<Txid>,
    /// Merging into level 1 fails: nothing is kept for it.
    pub is_merging_stuck: bool,
    /// The oldest transaction whose staged file the page map needs; `None`: none.
    pub mapped_from: Option<Txid>,
    /// Uploads that failed since the start.
    pub failed_uploads: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Phase {
    /// Asks the replica where to go on, or leaves a database that is not in WAL mode to its application first.
    #[default]
    Starting,
    /// The database file does not exist yet.
    NoDatabase,
    Replicating,
    /// The task ended early. It is started again, and nothing is captured or uploaded until then.
    Failed,
    /// For good: another writer writes the replica, or the process is about to end.
    Stopped,
}

impl Status {
    /// Moves on to `phase`, in which no early end of the task is left to be made up for.
    pub fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.task_failure = None;
    }

    /// The task ended early: what is committed from now on waits.
    pub fn fail(&mut self, problem: Arc<Error>) {
        self.phase = Phase::Failed;
        self.task_failure = Some(problem);
        self.uncaptured_since.get_or_insert_with(clock::now);
    }

    /// The reason why no request can be answered.
    pub fn standstill(&self) -> Option<Arc<Error>> {
        match self.phase {
            Phase::Failed => self.task_failure.clone(),
            Phase::Stopped => self.upload_problem.clone(),
            Phase::Starting | Phase::NoDatabase | Phase::Replicating => None,
        }
    }

    /// The early end of one of the database's tasks, until that task works again.
    pub fn failure(&self) -> Option<Arc<Error>> {
        self.task_failure.as_ref().or(self.maintenance_failure.as_ref()).cloned()
    }

    pub fn set_captured(&mut self, txid: Option<Txid>) {
        if self.captured != txid && self.pending_since.is_none() {
            self.pending_since = Some(clock::now());
        }
        self.captured = txid;
    }

    /// Captures succeed; whether they did not before.
    pub fn recover(&mut self) -> bool {
        self.uncaptured_since = None;
        self.capture_problem.take().is_some()
    }

    pub fn problem(&self) -> Option<Arc<Error>> {
        self.obstacle().or_else(|| self.maintenance_problem.clone())
    }

    /// The failure that keeps commits from being replicated, so that a request waits; `None` if there is none.
    pub fn obstacle(&self) -> Option<Arc<Error>> {
        let urgent = self.failure();
        let urgent = urgent.or_else(|| self.capture_problem.as_ref().or(self.upload_problem.as_ref()).cloned());
        urgent.or_else(|| self.gap_problem().map(Arc::new))
    }

    fn gap_problem(&self) -> Option<Error> {
        let failed = |error: &Arc<Error>| format!("; the last attempt failed: {error}");
        let attempt = self.maintenance_problem.as_ref().map(failed).unwrap_or_default();
        let problem = format!("TXIDs {} are missing; a new snapshot is to span them{attempt}", self.gap?);
        Some(Error::Corrupt { what: "the replica".to_owned(), problem })
    }

    /// The oldest transaction whose staged file is still needed; `None`: all are.
    pub fn staged_from(&self) -> Option<Txid> {
        let unmerged_from = self.unmerged_from.filter(|_| !self.is_merging_stuck);
        let needed = [self.acknowledged, unmerged_from, self.mapped_from];
        self.acknowledged.and(needed.into_iter().flatten().min())
    }

    /// The newest transaction that the replica restores to.
    pub fn replicated(&self) -> Option<Txid> {
        self.gap.map_or(self.acknowledged, |gap| gap.min().previous())
    }

    /// True if the replica restores to this transaction.
    pub fn has(&self, txid: Txid) -> bool {
        self.replicated() >= Some(txid)
    }

    /// Captured transactions that the replica does not restore to.
    pub fn lag(&self) -> u64 {
        let number = |txid: Option<Txid>| txid.map_or(0, Txid::get);
        number(self.captured).saturating_sub(number(self.replicated()))
    }

    /// The newest captured transaction, if it is yet to be uploaded.
    pub fn pending(&self) -> Option<Txid> {
        self.captured.filter(|&captured| self.acknowledged < Some(captured))
    }
}
