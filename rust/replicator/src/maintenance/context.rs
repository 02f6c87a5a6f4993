//! The shared state of one database's maintenance, and how it is reported.

use std::path::{Path, PathBuf};

use litestream_core::{
    config::MaintenanceConfig,
    replica::{Level, Replica, ReplicaFile},
};
use ltx::{Txid, TxidRange};
use tokio::sync::{Notify, mpsc, watch};

use super::{compaction::compaction, page_sizes::PageSizes, snapshot_requests::SnapshotRequests};
use crate::{
    capture_task::requests::Request,
    stage::{Stage, pins::Pins},
    status::Status,
    upload::manifest::SharedManifest,
};

/// The replica, the stage and the status of one database, with what has been learnt of them.
pub struct Context<'a> {
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

impl Context<'_> {
    /// Nothing beyond this is merged: until a file of level 0 is acknowledged, one of its name in the replica may be
    /// another writer's, and is not the one that is staged (G4).
    pub(crate) fn newest_acknowledged(&self) -> Option<Txid> {
        self.status.borrow().acknowledged
    }

    /// The replica's files, of level 0 up to `newest`.
    pub(crate) fn files(&self, newest: Option<Txid>) -> Vec<ReplicaFile> {
        let mut files = self.manifest.lock().files();
        files.retain(|file| file.level > Level::L0 || Some(file.txids.max()) <= newest);
        files
    }

    pub(crate) fn report_stuck_merging(&self, stuck: bool) {
        self.status.send_if_modified(|status| std::mem::replace(&mut status.is_merging_stuck, stuck) != stuck);
    }

    pub(crate) fn report_gap(&self, gap: Option<TxidRange>) {
        self.status.send_if_modified(|status| std::mem::replace(&mut status.gap, gap) != gap);
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

    /// The path of a staged file of level 0.
    pub(crate) fn staged(&self, file: &ReplicaFile) -> Option<PathBuf> {
        Some(self.stage.path(file.txids)).filter(|path| file.level == Level::L0 && path.is_file())
    }
}
