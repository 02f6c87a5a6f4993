//! The control socket: HTTP/1.1 on a unix socket, as official Litestream serves it. A [`Handler`] answers; this module
//! owns the socket file, the wire and the time limits.
//!
//! Bare hyper instead of `axum`: there are few routes, and the S3 client links hyper anyway.

mod accepting;
mod answer;
mod socket;

pub(crate) use answer::within;

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use litestream_core::{
    Error, Result,
    control::{
        InfoReply, ListReply, ProofReply, ProofRequest, SnapshotReply, SnapshotRequest, SyncReply, SyncRequest,
        TelemetryReply,
    },
};
use tokio::time;

use crate::supervise::supervise_until_dropped;
use accepting::Accepting;
use socket::Socket;

/// How long open requests may go on after shutdown began.
const DRAIN: Duration = Duration::from_secs(2);

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

/// A bound control socket. Its file disappears when this is dropped.
#[derive(Debug)]
pub struct Server {
    socket: Socket,
}

impl Server {
    /// Binds with mode 0600. Replaces a stale socket file; a live one is a conflict. Any other file is left alone and
    /// refused. Needs a Tokio runtime.
    pub fn bind(path: &Path) -> Result<Server> {
        Ok(Server { socket: Socket::bind(path)? })
    }

    /// Serves until `shutdown` resolves, then lets open requests finish for a short while.
    pub async fn run(self, handler: Arc<dyn Handler>, shutdown: impl Future<Output = ()>) {
        let mut accepting = Accepting::new(&self.socket, handler);
        tokio::select! {
            () = shutdown => {}
            never = supervise_until_dropped(&mut accepting) => match never {},
        }
        let connections = accepting.close();
        drop(self.socket);
        let _ = time::timeout(DRAIN, connections.drained()).await;
    }
}
