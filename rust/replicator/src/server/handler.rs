//! The requests of the control socket, one method each.

use std::sync::Arc;

use async_trait::async_trait;
use litestream_core::{
    Error, Result,
    control::{
        InfoReply, ListReply, ProofReply, ProofRequest, SnapshotReply, SnapshotRequest, SyncReply, SyncRequest,
        TelemetryReply,
    },
};

/// Answers the control socket's requests. Paths arrive absolute and without `.` or `..`. A path that is not replicated
/// here is [`litestream_core::Error::Refused`]. A call is dropped when its time limit passes or the caller hangs up.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Capture now; with `wait`, return only once the store has acknowledged the capture.
    async fn sync(&self, request: SyncRequest) -> Result<SyncReply>;

    /// The checksum of the live database at one acknowledged TXID.
    async fn proof(&self, request: ProofRequest) -> Result<ProofReply>;

    /// Everything committed before the call, replicated and then in a snapshot.
    async fn snapshot(&self, request: SnapshotRequest) -> Result<SnapshotReply>;

    async fn list(&self) -> Result<ListReply>;

    async fn info(&self) -> Result<InfoReply>;

    async fn telemetry(&self) -> Result<TelemetryReply>;

    /// The failure that keeps this database's commits from being replicated now; `None` if there is none. Named by the
    /// answer to a request that runs out of time.
    fn obstacle(&self, path: &str) -> Option<Arc<Error>>;
}
