//! Replicates one database, from its start to the end of the process.

pub mod answers;
pub mod handle;
pub mod recovery;
mod replication;
pub mod restore_if_missing;
pub mod running;
mod sampler;
mod set;
mod start_lag;

use std::{sync::Arc, time::Duration};

use litestream_core::{
    Error, Result,
    backoff::Backoff,
    config::DatabaseConfig,
    replica::{Manifest, Replica},
};
use ltx::Txid;
use tokio::{
    sync::{Notify, mpsc, watch},
    time::timeout,
};

use crate::{
    capture::session::LastCapture,
    capture_task::{
        CaptureTask,
        file_watcher::FileWatcher,
        requests::{Inbox, Request},
    },
    maintenance::{
        context::Context, page_sizes::PageSizes, snapshot_requests::SnapshotRequests, supervised::MaintenanceTask,
    },
    ownership::local_lock::DatabaseLock,
    replicator::{
        recovery::{StartingPoint, listed, start},
        restore_if_missing::restore_absent,
        start_lag::during_start,
    },
    shutdown::ShuttingDown,
    stage::{Stage, pins::Pins},
    status::{Phase, Status},
    supervise::supervise_until_dropped,
    threads::Threads,
    upload::{acknowledge::Acknowledger, manifest::SharedManifest, task::UploadTask},
};

/// Between attempts to ask the replica where to go on.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// One database, its stage and its replica.
pub struct Replicator {
    config: DatabaseConfig,
    replica: Replica,
    stage: Stage,
    status: watch::Sender<Status>,
    urgent: Arc<Notify>,
    watcher: Arc<FileWatcher>,
    snapshot_requests: Arc<SnapshotRequests>,
    threads: Threads,
    _lock: DatabaseLock,
}

impl Replicator {
    /// Takes the database's lock; [`Error::Conflict`] if another process has it.
    pub fn new(config: DatabaseConfig, replica: Replica, watcher: Arc<FileWatcher>) -> Result<Self> {
        let lock = DatabaseLock::take(&config.path, &config.meta_path)?;
        let stage = Stage::open(&config.meta_path)?;
        let (status, _) = watch::channel(Status::default());
        let (urgent, snapshot_requests) = (Arc::default(), Arc::default());
        let threads = Threads::default();
        Ok(Replicator { config, replica, stage, status, urgent, watcher, snapshot_requests, threads, _lock: lock })
    }

    pub fn config(&self) -> &DatabaseConfig {
        &self.config
    }

    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// Notified when a caller waits for the next acknowledgement.
    pub fn urgent(&self) -> Arc<Notify> {
        Arc::clone(&self.urgent)
    }

    /// Requests for a snapshot on demand.
    pub fn snapshot_requests(&self) -> Arc<SnapshotRequests> {
        Arc::clone(&self.snapshot_requests)
    }

    /// The replica's location, as events name it.
    pub fn location(&self) -> String {
        self.replica.location()
    }

    /// Reports that [`Self::replicate`] ended early.
    pub fn fail(&self, problem: &Arc<Error>) {
        self.status.send_modify(|status| status.fail(Arc::clone(problem)));
    }

    /// The early end that no later run has made up for.
    pub fn failure(&self) -> Option<Arc<Error>> {
        self.status.borrow().task_failure.clone()
    }

    /// Replicates until the inbox says that the process is ending; then once more, for at most `last_sync`. May be called
    /// again after an early end.
    pub async fn replicate(
        &self,
        inbox: &mut Inbox,
        requests: &mpsc::Sender<Request>,
        last_sync: Duration,
    ) -> Result<()> {
        // One of an earlier run may still have the database open, and write to the stage.
        let Ok(()) = inbox.unless_ending(self.threads.idle()).await else { return Ok(()) };
        self.stage.remove_leftovers()?;
        let started = during_start(&self.status, &self.config, &self.stage, self.begin(inbox)).await;
        let Ok(start) = started else { return Ok(()) };
        let (closing, close) = watch::channel(false);
        let pins = Pins::default();
        let manifest = SharedManifest::from(Manifest::new(start.files));
        let maintenance = Context {
            database: &self.config.path,
            replica: &self.replica,
            manifest: &manifest,
            stage: &self.stage,
            status: &self.status,
            config: &self.config.maintenance,
            scratch: &self.config.meta_path,
            snapshot_requests: &self.snapshot_requests,
            requests: requests.clone(),
            urgent: &self.urgent,
            pins: &pins,
            page_sizes: PageSizes::default(),
        };
        let upload = UploadTask {
            database: &self.config.path,
            acknowledger: Acknowledger {
                replica: &self.replica,
                manifest: &manifest,
                stage: &self.stage,
                status: &self.status,
            },
            queue: self.config.queue,
            pins: &pins,
            threads: &self.threads,
            sync_interval: self.config.replica.sync_interval,
            urgent: &self.urgent,
            closing: close,
        };
        let upload = upload.run();
        tokio::pin!(upload);
        let capture = CaptureTask {
            config: &self.config,
            replica: &self.replica,
            stage: &self.stage,
            status: &self.status,
            watcher: &self.watcher,
            pins: &pins,
            threads: &self.threads,
        };
        let last_capture = LastCapture { newest: start.newest, staged: start.staged };
        let outcome = tokio::select! {
            outcome = &mut upload => outcome,
            never = supervise_until_dropped(MaintenanceTask::new(maintenance)) => match never {},
            ShuttingDown = capture.run(last_capture, inbox) => {
                closing.send_replace(true);
                self.finish(last_sync, upload).await
            }
        };
        match outcome {
            Err(conflict) => self.stop(conflict, inbox).await,
            Ok(()) if !inbox.is_ending() => {
                return Err(Error::Internal("uploads ended before the process did".to_owned()));
            }
            Ok(()) => {}
        }
        Ok(())
    }

    /// Without the replica's answer no transaction can be numbered, so this waits for it.
    async fn begin(&self, inbox: &mut Inbox) -> Result<StartingPoint, ShuttingDown> {
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        loop {
            match inbox.unless_ending(self.try_to_begin()).await? {
                Ok(start) => {
                    self.status.send_modify(|status| {
                        status.is_position_known = true;
                        status.captured = start.newest;
                        status.acknowledged = start.acknowledged;
                        status.gap = start.gap;
                        // Until the page map is opened, it may need any of the staged files.
                        status.mapped_from = Some(Txid::MIN);
                        status.upload_problem = None;
                    });
                    return Ok(start);
                }
                Err(error) => {
                    tracing::warn!(kind = "cannot_begin", path = %self.config.path.display(), %error, "cannot begin; it will be tried again");
                    let problem = Arc::new(error);
                    self.status.send_modify(|status| status.upload_problem = Some(Arc::clone(&problem)));
                    inbox.pause(backoff.pause(), &problem).await?;
                }
            }
        }
    }

    async fn try_to_begin(&self) -> Result<StartingPoint> {
        // First, or what is restored is what another writer's file and ours behind it make together.
        let files = listed(&self.stage, &self.replica).await?;
        if self.config.restore_if_absent {
            restore_absent(&self.config, &self.replica).await?;
        }
        if files.is_empty() {
            self.announce_legacy().await?;
        }
        start(&self.stage, &self.replica, files).await
    }

    /// Warns that the new history holds nothing of what Litestream 0.3 replicated to the same place.
    async fn announce_legacy(&self) -> Result<()> {
        match self.replica.expect_no_legacy().await {
            Err(error @ Error::LegacyReplica { .. }) => {
                let path = self.config.path.display();
                tracing::warn!(kind = "legacy_replica", %path, %error, "a new history begins beside an older replica");
                Ok(())
            }
            expected => expected,
        }
    }

    async fn finish(&self, last_sync: Duration, upload: impl Future<Output = Result<()>>) -> Result<()> {
        timeout(last_sync, upload).await.unwrap_or_else(|_| {
            let status = self.status.borrow();
            tracing::error!(
                path = %self.config.path.display(), captured = ?status.captured, acknowledged = ?status.acknowledged,
                "stopped with transactions that the replica lacks; they are staged and go first at the next start"
            );
            Ok(())
        })
    }

    /// Closes the database after a conflict: its read lock would make the WAL grow.
    async fn stop(&self, conflict: Error, inbox: &mut Inbox) {
        tracing::error!(kind = "stopped", path = %self.config.path.display(), error = %conflict, "replication stopped");
        let problem = Arc::new(conflict);
        self.status.send_modify(|status| {
            status.enter(Phase::Stopped);
            status.upload_problem = Some(Arc::clone(&problem));
            status.failed_uploads += 1;
        });
        inbox.refuse_all(&problem).await;
    }
}
