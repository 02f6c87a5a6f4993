//! Heals a gap: transactions that somebody else took out of the replica, so that it no longer restores to its newest
//! state. A new snapshot spans them (G2).

use litestream_core::{
    Error, Result, failpoint,
    replica::{Level, ReplicaFile},
    restore,
    store::Body,
};
use ltx::{Txid, TxidRange};
use tokio::sync::oneshot;

use super::{maintenance::Maintenance, requests::Request};

impl Maintenance<'_> {
    /// Uploads the whole database as a snapshot if the replica has a gap.
    pub(super) async fn heal(&self) -> Result<()> {
        let Some(gap) = self.status.borrow().gap else { return Ok(()) };
        let replica = self.replica.location();
        tracing::warn!(kind = "gap", replica, missing = %gap, "the replica has a gap; a new snapshot is made");
        let (answer, answered) = oneshot::channel();
        let request = Request::Snapshot(self.scratch.to_owned(), answer);
        self.requests.send(request).await.map_err(|_| Error::Cancelled)?;
        let whole = answered.await.map_err(|_| Error::Cancelled)??;
        let header = whole.summary.header;
        let body = Body::File { path: whole.path.to_path_buf(), size: whole.summary.size };
        failpoint!("heal: before the PUT");
        self.replica.upload(Level::SNAPSHOT, header.txids, body, header.timestamp, true).await?;
        failpoint!("heal: after the PUT");
        self.manifest.lock().add(ReplicaFile {
            level: Level::SNAPSHOT,
            txids: header.txids,
            size: whole.summary.size,
            created_at: header.timestamp,
        });
        self.status.send_modify(|status| status.gap = None);
        tracing::info!(kind = "healed", replica, missing = %gap, txid = %header.txids.max(), "the gap is healed by a snapshot");
        Ok(())
    }
}

/// What is missing of a listing that was made when everything up to `acknowledged` had been there.
pub fn gap(files: &[ReplicaFile], acknowledged: Option<Txid>) -> Option<TxidRange> {
    restore::missing(files).filter(|missing| Some(missing.min()) <= acknowledged)
}
