//! The whole of a replicating process, apart from arguments and signals.

use std::{path::PathBuf, time::Duration};

use litestream_core::{
    Result,
    config::{Config, DatabaseConfig},
    replica::Replica,
};
use tokio::sync::oneshot;

use crate::{replicator::running::Running, server::Server, telemetry::Chronicle};

/// Replicates every configured database, each to its own replica, until `shutdown` resolves. Errors: impossible
/// settings of a replica, a control socket or a database that another process has. Later failures are retried, logged,
/// and reported by the control socket. `chronicle` records the process's events.
pub async fn run(config: Config, chronicle: Chronicle, shutdown: impl Future<Output = ()>) -> Result<()> {
    let open = |database: DatabaseConfig| Replica::open(&database.replica).map(|replica| (database, replica));
    let databases = config.databases.into_iter().map(open).collect::<Result<Vec<_>>>()?;
    serve(databases, config.socket, config.shutdown_sync_timeout, chronicle, shutdown).await
}

/// Replicates until `shutdown` resolves, answering on the control socket if there is one; then captures and uploads
/// what is left, within `last_sync` for each database. Errors: as for [`run`], and a failure instead of a last sync.
pub async fn serve(
    databases: Vec<(DatabaseConfig, Replica)>,
    socket: Option<PathBuf>,
    last_sync: Duration,
    chronicle: Chronicle,
    shutdown: impl Future<Output = ()>,
) -> Result<()> {
    // Before the databases: a taken socket means that another process already does this.
    let server = socket.as_deref().map(Server::bind).transpose()?;
    let (answers, running) = Running::start(databases, last_sync, chronicle)?;
    let (close, closed) = oneshot::channel::<()>();
    let stop = async {
        shutdown.await;
        let stopped = running.stop().await;
        drop(close);
        stopped
    };
    let answer = async {
        if let Some(server) = server {
            // Runs until the last sync is through: a caller may be waiting for it.
            server.run(answers, async { drop(closed.await) }).await;
        }
    };
    tokio::join!(stop, answer).0
}
