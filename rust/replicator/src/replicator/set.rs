//! Every database of the process, and the answers to the control socket's questions about them.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    path::{Path, PathBuf},
    process,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use litestream_core::{
    Error, Result, clock,
    config::DatabaseConfig,
    control::{
        InfoReply, ListReply, ListedDatabase, ProofReply, ProofRequest, SnapshotReply, SnapshotRequest, SyncReply,
        SyncRequest, TelemetryReply, time_limit,
    },
    replica::Replica,
};
use ltx::{Timestamp, Txid};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use super::{Replicator, handle::Handle, replication::Replication, sampler::Sampling};
use crate::{
    capture_task::{
        file_watcher::{Delivery, FileWatcher},
        requests::{Inbox, Request},
    },
    server::{Handler, within},
    status::{Phase, Status},
    supervise::supervise_until_dropped,
    telemetry::Chronicle,
};

/// Requests that may wait for one database.
const INBOX_LEN: usize = 16;

/// The running replicators; [`Handler`] answers for them.
pub struct ReplicatorSet {
    databases: BTreeMap<PathBuf, Handle>,
    started: Instant,
    started_at: Timestamp,
    chronicle: Chronicle,
}

/// The tasks behind [`ReplicatorSet`].
pub struct Running {
    databases: JoinSet<Result<(), Arc<Error>>>,
    shutdown: watch::Sender<bool>,
    /// They end when this is dropped.
    helpers: JoinSet<Infallible>,
}

impl ReplicatorSet {
    /// Begins to replicate. Nothing is touched if one of the databases is already replicated on this machine: that is
    /// an [`Error::Conflict`]. Each replicator gets `last_sync` to finish once the process ends.
    pub fn start(
        databases: Vec<(DatabaseConfig, Replica)>,
        last_sync: Duration,
        chronicle: Chronicle,
    ) -> Result<(Arc<Self>, Running)> {
        let watcher = FileWatcher::new();
        let new = |(config, replica)| Replicator::new(config, replica, Arc::clone(&watcher));
        let replicators = databases.into_iter().map(new);
        let replicators = replicators.collect::<Result<Vec<_>>>()?;
        let shutdown = watch::channel(false).0;
        let mut running = Running { databases: JoinSet::new(), shutdown, helpers: JoinSet::new() };
        let mut handles = BTreeMap::new();
        for replicator in replicators {
            let (sender, requests) = mpsc::channel(INBOX_LEN);
            let handle = Handle::new(&replicator, sender.clone());
            handles.insert(replicator.config().path.clone(), handle);
            let inbox = Inbox::new(requests, running.shutdown.subscribe());
            running.databases.spawn(Replication { replicator, inbox, requests: sender, last_sync }.run());
        }
        running.helpers.spawn(supervise_until_dropped(Delivery(watcher)));
        let (started, started_at) = (Instant::now(), clock::now());
        let replicators = Arc::new(ReplicatorSet { databases: handles, started, started_at, chronicle });
        running.helpers.spawn(supervise_until_dropped(Sampling(Arc::clone(&replicators))));
        Ok((replicators, running))
    }

    pub(crate) fn databases(&self) -> impl Iterator<Item = (&Path, &Handle)> {
        self.databases.iter().map(|(path, handle)| (path.as_path(), handle))
    }

    pub(crate) fn chronicle(&self) -> &Chronicle {
        &self.chronicle
    }

    fn handle(&self, path: &str, request: &str) -> Result<&Handle> {
        self.databases.get(Path::new(path)).ok_or_else(|| Error::Refused {
            request: format!("{request} of {path}"),
            problem: format!("database not found: {path} is not replicated here"),
        })
    }
}

impl Running {
    /// Captures and uploads what is left, then lets go of every database. An error means that a database had no last sync,
    /// because its task failed; the log has the others.
    pub async fn stop(mut self) -> Result<()> {
        self.shutdown.send_replace(true);
        let mut outcome = Ok(());
        while let Some(ended) = self.databases.join_next().await {
            let ended = ended.unwrap_or_else(|error| Err(Arc::new(Error::Internal(error.to_string()))));
            outcome = outcome.and(ended);
        }
        outcome.map_err(|problem| Error::clone(&problem))
    }
}

#[async_trait]
impl Handler for ReplicatorSet {
    async fn sync(&self, request: SyncRequest) -> Result<SyncReply> {
        let handle = self.handle(&request.path, "sync")?;
        let before = handle.status();
        let txid = handle.ask(Request::Capture).await?;
        if request.wait {
            handle.acknowledged(txid).await?;
        }
        let after = handle.status();
        let news = before.captured != Some(txid) || before.replicated() != after.replicated();
        Ok(SyncReply {
            status: if news { "synced" } else { "no_change" }.to_owned(),
            path: request.path,
            txid: txid.get(),
            replicated_txid: number(after.replicated()),
        })
    }

    async fn proof(&self, request: ProofRequest) -> Result<ProofReply> {
        let handle = self.handle(&request.path, "proof")?;
        let (limit, what, began) = (time_limit(request.timeout), format!("proof of {}", request.path), Instant::now());
        let obstacle = || handle.status().obstacle();
        within(limit, what.clone(), handle.ask(Request::Capture), obstacle).await?;
        let left = limit.saturating_sub(began.elapsed());
        // As long as it takes: a large database is no fault of its replica.
        let proof = handle.ask(Request::Prove).await?;
        within(left, what, handle.acknowledged(proof.txid), obstacle).await?;
        Ok(ProofReply {
            path: request.path,
            txid: proof.txid.get(),
            page_size: proof.page_size.get(),
            commit: proof.commit,
            checksum: proof.checksum.to_string(),
        })
    }

    async fn snapshot(&self, request: SnapshotRequest) -> Result<SnapshotReply> {
        let handle = self.handle(&request.path, "snapshot")?;
        let txid = handle.ask(Request::Capture).await?;
        handle.acknowledged(txid).await?;
        let snapshot = handle.snapshot().await?;
        Ok(SnapshotReply {
            status: if snapshot.created { "created" } else { "no_change" }.to_owned(),
            path: request.path,
            txid: snapshot.file.txids.max().get(),
            size: snapshot.file.size,
        })
    }

    async fn list(&self) -> Result<ListReply> {
        let databases = self.databases.iter().map(|(path, handle)| listed(path, &handle.status()));
        Ok(ListReply { databases: databases.collect() })
    }

    async fn info(&self) -> Result<InfoReply> {
        Ok(InfoReply {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: process::id(),
            uptime_seconds: self.started.elapsed().as_secs(),
            started_at: self.started_at.to_string(),
            database_count: self.databases.len(),
        })
    }

    async fn telemetry(&self) -> Result<TelemetryReply> {
        self.telemetry_reply().await
    }

    fn obstacle(&self, path: &str) -> Option<Arc<Error>> {
        self.databases.get(Path::new(path))?.status().obstacle()
    }
}

pub(crate) fn listed(path: &Path, status: &Status) -> ListedDatabase {
    let problem = status.problem();
    let state = match status.phase {
        Phase::Stopped => "stopped",
        _ if status.failure().is_some() => "failed",
        _ if problem.is_some() => "error",
        Phase::Starting => "starting",
        Phase::NoDatabase | Phase::Failed | Phase::Replicating => "replicating",
    };
    let lag = |since: Timestamp| clock::now().since(since).as_secs_f64();
    ListedDatabase {
        path: path.to_string_lossy().into_owned(),
        status: state.to_owned(),
        position_known: status.is_position_known,
        last_sync_at: status.acknowledged_at.map(|at| at.to_string()),
        txid: number(status.captured),
        replicated_txid: number(status.replicated()),
        lag_txids: status.lag(),
        lag_seconds: status.pending_since.into_iter().chain(status.uncaptured_since).min().map_or(0.0, lag),
        error: problem.as_deref().map(ToString::to_string),
        error_code: problem.as_deref().map(|problem| problem.code().to_owned()),
    }
}

/// As official answers have it: 0 before the first.
fn number(txid: Option<Txid>) -> u64 {
    txid.map_or(0, Txid::get)
}
