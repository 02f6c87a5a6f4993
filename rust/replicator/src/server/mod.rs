//! The control socket: HTTP/1.1 on a unix socket, as official Litestream serves it. A [`Handler`] answers; this module
//! owns the socket file, the wire and the time limits.
//!
//! Bare hyper instead of `axum`: there are few routes, and the S3 client links hyper anyway.

mod accepting;
mod answer;
mod handler;
pub(crate) mod replies;
mod socket;

pub(crate) use answer::within;
pub use handler::Handler;

use std::{path::Path, sync::Arc, time::Duration};

use litestream_core::Result;
use tokio::time;

use crate::supervise::supervise_until_dropped;
use accepting::Accepting;
use socket::BoundSocket;

/// How long open requests may go on after shutdown began.
const DRAIN: Duration = Duration::from_secs(2);

/// A bound control socket. Its file disappears when this is dropped.
#[derive(Debug)]
pub struct Server {
    socket: BoundSocket,
}

impl Server {
    /// Binds with mode 0600. Replaces a stale socket file; a live one is a conflict. Any other file is left alone and
    /// refused. Needs a Tokio runtime.
    pub fn bind(path: &Path) -> Result<Server> {
        Ok(Server { socket: BoundSocket::bind(path)? })
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
