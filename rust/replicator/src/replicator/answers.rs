//! Answers the requests of the control socket for every database of the process.

use std::{
    path::Path,
    process,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use litestream_core::{
    Error, Result,
    config::variables::process_variables,
    control::{
        DatabaseTelemetry, InfoReply, ListReply, ProofReply, ProofRequest, SnapshotReply, SnapshotRequest, SyncReply,
        SyncRequest, TelemetryReply, time_limit,
    },
};

use super::{handle::Handle, set::ReplicatorSet};
use crate::{
    capture_task::requests::Request,
    server::{
        Handler,
        replies::{listed, number, phase},
        within,
    },
    telemetry::{SAMPLE_INTERVAL, memory_bytes, restarts},
};

/// Asks the database's task and waits for its upload where the request says so.
pub struct Answers(pub(crate) Arc<ReplicatorSet>);

#[async_trait]
impl Handler for Answers {
    async fn sync(&self, request: SyncRequest) -> Result<SyncReply> {
        let handle = self.0.handle(&request.path, "sync")?;
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
        let handle = self.0.handle(&request.path, "proof")?;
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
        let handle = self.0.handle(&request.path, "snapshot")?;
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
        let databases = self.0.databases().map(|(path, handle)| listed(path, &handle.status()));
        Ok(ListReply { databases: databases.collect() })
    }

    async fn info(&self) -> Result<InfoReply> {
        Ok(InfoReply {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: process::id(),
            uptime_seconds: self.0.started.elapsed().as_secs(),
            started_at: self.0.started_at.to_string(),
            database_count: self.0.databases().len(),
        })
    }

    async fn telemetry(&self) -> Result<TelemetryReply> {
        let of_database = |subject: &str| {
            let found =
                self.0.databases().find(|(path, handle)| *path == Path::new(subject) || handle.location() == subject);
            found.map(|(path, _)| path.to_string_lossy().into_owned())
        };
        Ok(TelemetryReply {
            info: self.info().await?,
            restarts: restarts(&process_variables()),
            memory_bytes: memory_bytes(),
            sample_seconds: Duration::as_secs(&SAMPLE_INTERVAL),
            databases: self.0.databases().map(|(path, handle)| database_telemetry(&self.0, path, handle)).collect(),
            events: self.0.chronicle.events(of_database),
        })
    }

    fn obstacle(&self, path: &str) -> Option<Arc<Error>> {
        self.0.get(path)?.status().obstacle()
    }
}

fn database_telemetry(set: &ReplicatorSet, path: &Path, handle: &Handle) -> DatabaseTelemetry {
    let status = handle.status();
    let text = |problem: &Option<_>| problem.as_ref().map(|error: &Arc<litestream_core::Error>| error.to_string());
    DatabaseTelemetry {
        listed: listed(path, &status),
        phase: phase(&status).to_owned(),
        task_error: text(&status.failure()),
        capture_error: text(&status.capture_problem),
        upload_error: text(&status.upload_problem),
        maintenance_error: text(&status.maintenance_problem),
        lag: handle.lag().samples(),
        counters: set.chronicle.counters(handle.location()),
    }
}
