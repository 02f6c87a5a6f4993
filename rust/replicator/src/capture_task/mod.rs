//! The loop that captures one database: opens it, looks for news when there is a hint, answers requests, checkpoints.

pub mod file_watcher;
pub mod lag_marker;
mod open_database;
pub mod poll_schedule;
mod request_handler;
pub mod requests;
pub mod wal_mode_gate;
mod worker;

use std::{
    fs, io,
    sync::Arc,
    time::{Duration, Instant},
};

use litestream_core::{Error, Result, backoff::Backoff, clock, config::DatabaseConfig, failpoint, replica::Replica};
use ltx::Txid;
use tokio::{sync::watch, time::sleep};

use self::{
    open_database::OpenDatabase,
    request_handler::RequestHandler,
    worker::{Reported, Worker},
};
use crate::{
    capture::{
        page_map::{self, PageMap},
        session::LastCapture,
    },
    capture_task::{
        file_watcher::{FileWatcher, Watch},
        lag_marker::Delayed,
        poll_schedule::{Due, Poll, PollSchedule},
        requests::{Inbox, TaskEvent},
        wal_mode_gate::WalModeGate,
    },
    shutdown::ShuttingDown,
    stage::{Stage, pins::Pins},
    status::{Phase, Status},
    threads::Threads,
};

/// How often the paths are looked up, to see whether they still lead to the files that we hold.
const LOOK_UP_INTERVAL: Duration = Duration::from_secs(5);

/// Between looks at a database that is left to its application.
const NEWCOMER_INTERVAL: Duration = Duration::from_millis(100);

/// Between attempts to capture that fail; the first pause is the monitor interval.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

pub struct CaptureTask<'a> {
    pub config: &'a DatabaseConfig,
    pub replica: &'a Replica,
    pub stage: &'a Stage,
    pub status: &'a watch::Sender<Status>,
    pub watcher: &'a Arc<FileWatcher>,
    pub pins: &'a Pins,
    pub threads: &'a Threads,
}

impl CaptureTask<'_> {
    /// Runs until the process ends. Failures are retried for ever, and once more when the process ends: what was
    /// committed until then is to go along.
    pub async fn run(&self, mut last_capture: LastCapture, inbox: &mut Inbox) -> ShuttingDown {
        let mut backoff = self.backoff();
        let mut gate = WalModeGate::default();
        loop {
            let is_last = inbox.is_ending();
            let step = match self.open(last_capture, &mut gate, inbox).await {
                Ok(database) => {
                    backoff.reset();
                    self.follow(database, inbox).await
                }
                Err(error) => {
                    let problem = self.worker().failed(error);
                    let captured = self.status.borrow().captured;
                    if captured != last_capture.newest {
                        last_capture = LastCapture { newest: captured, staged: true };
                    }
                    let absent = self.status.borrow().phase == Phase::NoDatabase;
                    if absent {
                        gate = WalModeGate::default();
                    }
                    if is_last {
                        return ShuttingDown;
                    }
                    let pause = if absent { self.config.monitor_interval } else { backoff.pause() };
                    // The end is met by the next attempt.
                    let _ = inbox.pause(pause, &problem).await;
                    Ok(last_capture)
                }
            };
            match step {
                Ok(next) => last_capture = next,
                Err(ending) => return ending,
            }
        }
    }

    fn worker(&self) -> Worker<'_> {
        Worker { path: &self.config.path, status: self.status, threads: self.threads }
    }

    fn request_handler(&self) -> RequestHandler<'_> {
        let read_spacing = self.config.monitor_interval.min(self.config.replica.sync_interval);
        RequestHandler { worker: self.worker(), pins: self.pins, read_spacing }
    }

    fn backoff(&self) -> Backoff {
        Backoff::new(self.config.monitor_interval, LONGEST_PAUSE)
    }

    async fn open(&self, last_capture: LastCapture, gate: &mut WalModeGate, inbox: &mut Inbox) -> Result<OpenDatabase> {
        self.expect_database()?;
        self.let_the_application_go_first(gate, inbox).await?;
        let (config, stage) = (self.config.clone(), self.stage.clone());
        let mut database = self
            .worker()
            .blocking(Delayed::Existing, move || OpenDatabase::open(&config, stage, last_capture))
            .await??;
        // A map of pages of another size is of no use.
        let may_map =
            self.status.borrow().page_size.is_none_or(|last_capture| last_capture == database.session.page_size());
        let map = match database.session.lacks_map().filter(|_| may_map) {
            // Without the map everything is captured, which depends on no store.
            Some(txid) => {
                let map =
                    lag_marker::during(self.status, &self.config.path, Delayed::Existing, self.map_of_replica(txid));
                inbox.unless_ending(map).await.unwrap_or_default()
            }
            None => None,
        };
        let begin = move || {
            let begun = database.session.begin(map);
            (database, begun)
        };
        let (database, begun) = self.worker().blocking(Delayed::Existing, begin).await?;
        // Files staged before a failure count.
        self.worker().captured(&database);
        begun?;
        self.worker().recovered();
        tracing::info!(kind = "started", path = %self.config.path.display(), "replicating");
        Ok(database)
    }

    /// Returns once the database is in WAL mode or may be switched, at the latest when the process ends, so that the
    /// last commits are captured. Requests wait.
    async fn let_the_application_go_first(&self, gate: &mut WalModeGate, inbox: &mut Inbox) -> Result<()> {
        while !gate.may_be_opened(&self.config.path, Instant::now())? {
            self.status.send_modify(|status| {
                status.enter(Phase::Starting);
                status.capture_problem = None;
                status.uncaptured_since.get_or_insert_with(clock::now);
            });
            let ending = inbox.unless_ending(sleep(NEWCOMER_INTERVAL)).await;
            self.expect_database()?;
            if ending == Err(ShuttingDown) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The page map of the replica, if the replica ends with the last capture. Then only the difference has to be
    /// captured.
    async fn map_of_replica(&self, txid: Txid) -> Option<PageMap> {
        if self.status.borrow().acknowledged != Some(txid) {
            return None;
        }
        match page_map::from_replica(self.replica, txid, &self.config.meta_path).await {
            Ok(map) => Some(map),
            Err(error) => {
                tracing::warn!(path = %self.config.path.display(), %error, "the replica cannot be read: the whole database is captured");
                None
            }
        }
    }

    /// A file without a byte is not a database yet either: its owner still decides its page size.
    fn expect_database(&self) -> Result<()> {
        let path = &self.config.path;
        match fs::metadata(path) {
            Ok(found) if found.len() > 0 => Ok(()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("look up", path)(error)),
            _ => {
                self.status.send_modify(|status| {
                    status.enter(Phase::NoDatabase);
                    status.page_size = None;
                    status.uncaptured_since = None;
                });
                let problem = "it does not exist yet; it is replicated once it does".to_owned();
                Err(Error::Database { path: path.clone(), problem })
            }
        }
    }

    /// Follows an open database until the process ends, or until it must be opened anew.
    async fn follow(&self, database: OpenDatabase, inbox: &mut Inbox) -> Result<LastCapture, ShuttingDown> {
        let file_watch = self.watcher.file_watch();
        let mut database = Some(database);
        let mut backoff = self.backoff();
        let mut schedule = self.schedule();
        let mut due = Due::at(Instant::now());
        let mut looked_up = Instant::now();
        loop {
            failpoint!("task: capture", &self.config.path);
            let outcome = match inbox.next(due, &file_watch).await {
                Ok(TaskEvent::Request(request)) => {
                    self.request_handler().answer(&mut database, request, inbox).await.map(|()| due)
                }
                Ok(TaskEvent::Poll { hinted }) => self.look(&mut database, &file_watch, &mut schedule, hinted).await,
                Err(ending) => {
                    // Makes a final capture, so that the last commits are uploaded. A failure has been reported.
                    let captured = self.worker().on(&mut database, Delayed::Existing, OpenDatabase::capture).await;
                    inbox.answer_captures(&captured);
                    return Err(ending);
                }
            };
            due = match outcome {
                Ok(next) => {
                    backoff.reset();
                    next
                }
                Err(Reported) => Due::at(Instant::now() + backoff.pause()),
            };
            if file_watch.take_replaced() || looked_up.elapsed() >= LOOK_UP_INTERVAL {
                looked_up = Instant::now();
                database = database.filter(|database| !database.session.moved().unwrap_or(false));
            }
            if database.is_none() {
                tracing::warn!(kind = "replaced", path = %self.config.path.display(), "the database was replaced; it is opened anew");
                return Ok(LastCapture { newest: self.status.borrow().captured, staged: false });
            }
        }
    }

    fn schedule(&self) -> PollSchedule {
        let (monitor, sync) = (self.config.monitor_interval, self.config.replica.sync_interval);
        PollSchedule::new(monitor, monitor.min(sync))
    }

    /// Captures what is new, checkpoints if it is time, and says when to look again.
    async fn look(
        &self,
        database: &mut Option<OpenDatabase>,
        file_watch: &Watch,
        schedule: &mut PollSchedule,
        hinted: bool,
    ) -> Result<Due, Reported> {
        let began = Instant::now();
        let listening = database.as_ref().is_some_and(|database| {
            let [file, wal] = database.session.files();
            file_watch.arm(file, wal)
        });
        let news = !matches!(database.as_ref().map(|open| open.session.has_news()), Some(Ok(false)));
        if news {
            self.worker().on(database, Delayed::Existing, OpenDatabase::capture).await.map_err(|_| Reported)?;
        }
        if database.as_ref().is_some_and(OpenDatabase::checkpoint_is_due) {
            self.worker().on(database, Delayed::New, OpenDatabase::checkpoint).await.map_err(|_| Reported)?;
        }
        if database.as_ref().is_some_and(|open| open.session.map_is_due()) {
            self.worker().on(database, Delayed::New, OpenDatabase::map).await.map_err(|_| Reported)?;
        }
        let due = schedule.looked(Poll { listening, hinted, news }, began);
        Ok(database.as_ref().and_then(|database| self.more_work(database)).map_or(due, |pause| due.by(began + pause)))
    }

    /// How long until there is more to do than to look; `None`: nothing is to come.
    fn more_work(&self, database: &OpenDatabase) -> Option<Duration> {
        // A checkpoint that is due still was put off by a busy writer.
        let checkpoint = database.checkpoint_due_in().map(|pause| pause.max(self.config.monitor_interval));
        let map = database.session.map_is_due().then_some(self.config.monitor_interval);
        checkpoint.into_iter().chain(map).min()
    }
}
