//! Moves the position of a replica: what is acknowledged, and since when the oldest file waits.

use litestream_core::{
    Result, clock,
    replica::{Replica, ReplicaFile},
};
use tokio::sync::watch;

use super::manifest::SharedManifest;
use crate::{stage::Stage, status::Status};

/// One database's replica, and all that follows its position.
#[derive(Clone, Copy)]
pub struct Acknowledger<'a> {
    pub replica: &'a Replica,
    pub manifest: &'a SharedManifest,
    pub stage: &'a Stage,
    pub status: &'a watch::Sender<Status>,
}

impl Acknowledger<'_> {
    /// Moves the position to the end of a file: everything before it is in the replica.
    pub(crate) fn acknowledge(&self, file: ReplicaFile) -> Result<()> {
        let txid = file.txids.max();
        self.announce(&file);
        self.manifest.lock().add(file);
        self.status.send_modify(|status| {
            status.acknowledged = Some(txid);
            status.acknowledged_at = Some(clock::now());
            status.upload_problem = None;
        });
        self.stage.trim(&self.status.borrow())
    }

    fn announce(&self, file: &ReplicaFile) {
        let (captured, failed) = {
            let status = self.status.borrow();
            (status.pending_since.unwrap_or(file.created_at), status.upload_problem.is_some())
        };
        let age_millis = clock::now().since(captured).as_millis() as u64;
        let (txids, replica) = (file.txids, self.replica.location());
        if failed {
            tracing::info!(kind = "upload_recovered", replica, "uploads go on");
        }
        tracing::debug!(kind = "uploaded", %txids, bytes = file.size, age_millis, replica, "uploaded");
    }

    /// Stores the time of the oldest file that the replica lacks: its age is the lag.
    pub(crate) fn report_oldest(&self) -> Result<()> {
        let (acknowledged, pending) = {
            let status = self.status.borrow();
            (status.acknowledged, status.pending())
        };
        let mut files = self.stage.files()?.into_iter().filter(|txids| Some(txids.max()) > acknowledged);
        let oldest = match (pending, files.next()) {
            (Some(_), Some(txids)) => Some(self.stage.header(txids)?.timestamp),
            _ => None,
        };
        self.status.send_modify(|status| {
            if oldest.is_some() || status.pending().is_none() {
                status.pending_since = oldest;
            }
        });
        Ok(())
    }
}
