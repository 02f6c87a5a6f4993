//! What replicates one database, from its start to the end of the process.

use std::{
    fs, io,
    sync::Arc,
    time::{Duration, Instant},
};

use litestream_core::{Error, Result, config::DatabaseConfig, replica::Replica};
use ltx::Txid;
use tokio::{
    sync::{Notify, watch},
    task::spawn_blocking,
    time::timeout,
};

use super::{
    backoff::Backoff,
    clock,
    live::{Known, Live},
    lock::DatabaseLock,
    requests::{Ending, Inbox, Request},
    stage::Stage,
    start::{Start, start},
    status::{Phase, Status},
    upload::Upload,
};

/// How often the paths are looked up, to see whether they still lead to the files that we hold.
const LOOK_UP_INTERVAL: Duration = Duration::from_secs(5);

/// The first pause after the replica could not be asked where to go on.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// One database, its stage and its replica.
pub struct Replicator {
    config: DatabaseConfig,
    replica: Replica,
    stage: Stage,
    status: watch::Sender<Status>,
    urgent: Arc<Notify>,
    _lock: DatabaseLock,
}

impl Replicator {
    /// Takes the database's lock; [`Error::Conflict`] if another process has it.
    pub fn new(config: DatabaseConfig, replica: Replica) -> Result<Self> {
        let lock = DatabaseLock::take(&config.path, &config.meta_path)?;
        let stage = Stage::open(&config.meta_path)?;
        let (status, _) = watch::channel(Status::default());
        Ok(Replicator { config, replica, stage, status, urgent: Arc::new(Notify::new()), _lock: lock })
    }

    pub fn config(&self) -> &DatabaseConfig {
        &self.config
    }

    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// Notified when somebody waits for the next acknowledgement.
    pub fn urgent(&self) -> Arc<Notify> {
        Arc::clone(&self.urgent)
    }

    /// Replicates until the inbox says that the process is ending; then once more, for at most `last_sync`.
    pub async fn run(self, mut inbox: Inbox, last_sync: Duration) {
        let Ok(start) = self.ask_replica(&mut inbox).await else { return };
        let (closing, close) = watch::channel(false);
        let upload = Upload {
            replica: &self.replica,
            stage: &self.stage,
            status: &self.status,
            sync_interval: self.config.replica.sync_interval,
            urgent: &self.urgent,
            closing: close,
        };
        let upload = upload.run();
        tokio::pin!(upload);
        let outcome = tokio::select! {
            outcome = &mut upload => outcome,
            Ending = self.capture(start, &mut inbox) => {
                closing.send_replace(true);
                self.finish(last_sync, upload).await
            }
        };
        // Nothing else ends uploads than the end of the process or a conflict.
        if let Err(conflict) = outcome {
            self.stop(conflict, &mut inbox).await;
        }
    }

    /// Without the replica's answer no transaction can be numbered, so this waits for it.
    async fn ask_replica(&self, inbox: &mut Inbox) -> Result<Start, Ending> {
        let mut backoff = Backoff::new(FIRST_PAUSE);
        loop {
            match inbox.unless_ending(start(&self.stage, &self.replica)).await? {
                Ok(start) => {
                    self.status.send_modify(|status| {
                        status.captured = start.newest;
                        status.acknowledged = start.acknowledged;
                        status.upload_problem = None;
                    });
                    return Ok(start);
                }
                Err(error) => {
                    tracing::warn!(replica = self.replica.location(), %error, "the replica cannot be read");
                    let problem = Arc::new(error);
                    self.status.send_modify(|status| status.upload_problem = Some(Arc::clone(&problem)));
                    inbox.pause(backoff.pause(), &problem).await?;
                }
            }
        }
    }

    /// Captures until the process ends. Failures are retried for ever.
    async fn capture(&self, start: Start, inbox: &mut Inbox) -> Ending {
        let mut known = Known { newest: start.newest, staged: start.staged };
        let mut backoff = Backoff::new(self.config.monitor_interval);
        loop {
            let step = match self.open(known).await {
                Ok(live) => {
                    backoff.reset();
                    self.follow(live, inbox).await
                }
                Err(error) => {
                    let problem = self.capture_failed(error);
                    inbox.pause(backoff.pause(), &problem).await.map(|()| known)
                }
            };
            match step {
                Ok(next) => known = next,
                Err(ending) => return ending,
            }
        }
    }

    async fn open(&self, known: Known) -> Result<Live> {
        self.expect_database()?;
        let (config, stage) = (self.config.clone(), self.stage.clone());
        let live = spawn_blocking(move || Live::open(&config, stage, known)).await.map_err(panicked)??;
        self.captured(live.txid());
        tracing::info!(path = %self.config.path.display(), replica = self.replica.location(), "replicating");
        Ok(live)
    }

    /// A file without a byte is not a database yet either: its owner still decides its page size.
    fn expect_database(&self) -> Result<()> {
        let path = &self.config.path;
        match fs::metadata(path) {
            Ok(found) if found.len() > 0 => Ok(()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("look up", path)(error)),
            _ => {
                let problem = "it does not exist yet; it is replicated once it does".to_owned();
                Err(Error::Database { path: path.clone(), problem })
            }
        }
    }

    /// Follows an open database until the process ends, or until it must be opened anew.
    async fn follow(&self, live: Live, inbox: &mut Inbox) -> Result<Known, Ending> {
        let mut live = Some(live);
        let mut backoff = Backoff::new(self.config.monitor_interval);
        let mut patience = self.config.monitor_interval;
        let mut looked_up = Instant::now();
        loop {
            let request = match inbox.next(patience).await {
                Ok(request) => request,
                Err(ending) => {
                    // The process is ending: what was committed until now goes along.
                    let _ = self.on(&mut live, Live::capture).await;
                    return Err(ending);
                }
            };
            let outcome = match request {
                Some(request) => self.answer(&mut live, request).await,
                None => self.tick(&mut live).await,
            };
            patience = match outcome {
                Ok(()) => {
                    backoff.reset();
                    self.config.monitor_interval
                }
                Err(()) => backoff.pause(),
            };
            if looked_up.elapsed() >= LOOK_UP_INTERVAL {
                looked_up = Instant::now();
                live = live.filter(|live| !live.moved().unwrap_or(false));
            }
            if live.is_none() {
                tracing::warn!(path = %self.config.path.display(), "the database was replaced; it is opened anew");
                return Ok(Known { newest: self.status.borrow().captured, staged: false });
            }
        }
    }

    async fn tick(&self, live: &mut Option<Live>) -> Result<(), ()> {
        match live.as_ref().map(Live::has_news) {
            Some(Ok(false)) => {}
            _ => self.on(live, Live::capture).await.map(|_| ()).map_err(|_| ())?,
        }
        if live.as_ref().is_some_and(Live::checkpoint_is_due) {
            self.on(live, Live::checkpoint).await.map_err(|_| ())?;
        }
        Ok(())
    }

    async fn answer(&self, live: &mut Option<Live>, request: Request) -> Result<(), ()> {
        match request {
            Request::Capture(answer) => {
                let captured = self.on(live, Live::capture).await;
                let outcome = captured.as_ref().map(|_| ()).map_err(|_| ());
                // Whoever asked may have gone.
                let _ = answer.send(captured);
                outcome
            }
            Request::Prove(answer) => {
                let proven = self.on(live, Live::prove).await;
                let outcome = proven.as_ref().map(|_| ()).map_err(|_| ());
                let _ = answer.send(proven);
                outcome
            }
        }
    }

    /// Works on the database on a thread that may block, and tells what was captured or what failed. Leaves `None`
    /// behind only after a panic.
    async fn on<T: Send + 'static>(
        &self,
        live: &mut Option<Live>,
        work: impl FnOnce(&mut Live) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let mut taken = live.take().ok_or_else(|| Error::Internal("the database is not open".to_owned()))?;
        let done = spawn_blocking(move || {
            let outcome = work(&mut taken);
            (taken, outcome)
        });
        let (back, outcome) = done.await.map_err(panicked)?;
        let txid = back.txid();
        *live = Some(back);
        self.captured(txid);
        outcome.map_err(|error| {
            let problem = self.capture_failed(error);
            super::status::repeat(&problem)
        })
    }

    fn captured(&self, txid: Option<Txid>) {
        self.status.send_if_modified(|status| {
            let news = status.captured != txid || status.phase != Phase::Replicating;
            let recovered = status.capture_problem.take().is_some();
            if status.captured != txid && status.pending_since.is_none() {
                status.pending_since = Some(clock::now());
            }
            status.captured = txid;
            status.phase = Phase::Replicating;
            news || recovered
        });
    }

    fn capture_failed(&self, error: Error) -> Arc<Error> {
        let absent = matches!(&error, Error::Database { .. }) && !self.config.path.exists();
        if !absent {
            tracing::warn!(path = %self.config.path.display(), %error, "capture failed; it will be tried again");
        }
        let problem = Arc::new(error);
        self.status.send_modify(|status| {
            status.capture_problem = Some(Arc::clone(&problem));
            if absent {
                status.phase = Phase::NoDatabase;
            }
        });
        problem
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

    /// After a conflict the database is let go: whoever keeps the read lock makes the WAL grow.
    async fn stop(&self, conflict: Error, inbox: &mut Inbox) {
        tracing::error!(path = %self.config.path.display(), error = %conflict, "replication stopped");
        let problem = Arc::new(conflict);
        self.status.send_modify(|status| {
            status.phase = Phase::Stopped;
            status.upload_problem = Some(Arc::clone(&problem));
            status.failed_uploads += 1;
        });
        inbox.refuse_all(&problem).await;
    }
}

fn panicked(error: tokio::task::JoinError) -> Error {
    Error::Internal(error.to_string())
}
