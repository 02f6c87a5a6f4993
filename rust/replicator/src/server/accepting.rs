//! The loop that accepts connections, and the connections themselves. They go on when the loop has to start again.

use std::{sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use litestream_core::{Result, failpoint};
use tokio::{net::UnixStream, sync::watch, task::JoinSet, time};

use super::{answer, handler::Handler, socket::BoundSocket};
use crate::supervise::Task;

/// A pause after `accept` failed (out of descriptors), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

pub(crate) struct Accepting<'a> {
    socket: &'a BoundSocket,
    handler: Arc<dyn Handler>,
    connections: Connections,
}

pub(crate) struct Connections {
    open: JoinSet<()>,
    /// Dropped when the server closes.
    closing: Option<watch::Sender<()>>,
}

impl<'a> Accepting<'a> {
    pub(crate) fn new(socket: &'a BoundSocket, handler: Arc<dyn Handler>) -> Self {
        let connections = Connections { open: JoinSet::new(), closing: Some(watch::channel(()).0) };
        Accepting { socket, handler, connections }
    }

    /// Accepts nothing more. What is open ends with the request that is under way.
    pub(crate) fn close(mut self) -> Connections {
        self.connections.closing = None;
        self.connections
    }
}

impl Connections {
    fn spawn(&mut self, stream: UnixStream, handler: Arc<dyn Handler>) {
        if let Some(closing) = &self.closing {
            self.open.spawn(serve(stream, handler, closing.subscribe()));
        }
    }

    /// Waits until all of them have ended.
    pub(crate) async fn drained(mut self) {
        while self.open.join_next().await.is_some() {}
    }
}

impl Task for &mut Accepting<'_> {
    fn name(&self) -> &'static str {
        "the control socket"
    }

    async fn run(&mut self) -> Result<()> {
        loop {
            tokio::select! {
                Some(_) = self.connections.open.join_next() => {}
                accepted = self.socket.accept() => match accepted {
                    Ok(stream) => {
                        self.connections.spawn(stream, Arc::clone(&self.handler));
                        failpoint!("task: connection");
                    }
                    Err(error) => {
                        tracing::warn!(%error, "control socket: accept failed");
                        time::sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
    }
}

async fn serve(stream: UnixStream, handler: Arc<dyn Handler>, mut closed: watch::Receiver<()>) {
    let service = service_fn(move |request| answer::answer(Arc::clone(&handler), request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(10))
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let outcome = tokio::select! {
        outcome = &mut connection => outcome,
        _ = closed.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "control connection ended early");
    }
}
