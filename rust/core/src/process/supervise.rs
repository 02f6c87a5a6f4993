//! The supervising thread: stands by for the lock, starts the child, waits for its end, restarts it.

use std::{
    io::Read,
    os::{fd::AsFd, unix::net::UnixStream},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    process,
    sync::Arc,
    thread,
    time::{Duration, Instant, SystemTime},
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::{Exit, Role, SupervisorLock, SupervisorSettings, Taken, child::Child, shared_status::Shared};
use crate::{Result, failpoint, panics};

/// The pause between two checks of the child on systems that do not report its end.
const CHECK_INTERVAL: Duration = Duration::from_millis(200);

/// Time beyond the last sync in which a replicator that is switched off must end.
const MARGIN: Duration = Duration::from_secs(5);

/// The longest pause between two attempts of a standby, and between two checks of the off file.
const LONGEST_POLL: Duration = Duration::from_secs(1);

pub(super) struct SupervisorLoop {
    settings: SupervisorSettings,
    lock: SupervisorLock,
    shared: Arc<Shared>,
    woken: UnixStream,
    /// Outlives a panic of the thread, so that no second child is started.
    child: Option<Arc<Child>>,
    restarts: u32,
}

/// The reason why no child runs any more.
#[derive(Clone, Copy)]
enum Ended {
    /// It ended on request.
    Asked,
    ByItself(Exit),
    NotStarted,
}

impl SupervisorLoop {
    pub(super) fn new(
        lock: SupervisorLock,
        settings: SupervisorSettings,
        shared: Arc<Shared>,
        woken: UnixStream,
    ) -> SupervisorLoop {
        SupervisorLoop { settings, lock, shared, woken, child: None, restarts: 0 }
    }

    /// Supervises until a stop is requested; restarts after a panic.
    pub(super) fn run(mut self) {
        while let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.supervise())) {
            let problem = format!("the supervising thread panicked: {}", panics::message(&panic));
            tracing::error!("{problem}; it is started again");
            self.shared.update(|status| status.problem = Some(problem));
            thread::sleep(self.settings.backoff.pause());
        }
        let SupervisorLoop { lock, shared, .. } = self;
        // Before the status becomes stopped: the caller may start another supervisor at once.
        drop(lock);
        shared.update(|status| {
            status.role = Role::Stopped;
            status.holder = None;
        });
    }

    fn supervise(&mut self) {
        while self.child.is_some() || self.stop_by().is_none() {
            if self.child.is_none() && (self.is_off() || !self.holds_lock()) {
                self.settings.backoff.reset();
                self.wait(None, Some(self.poll_interval()));
                continue;
            }
            let began = Instant::now();
            let child = self.child.clone().map_or_else(|| self.start(), Ok);
            let ended = child.map_or(Ended::NotStarted, |child| self.tend(&child));
            self.child = None;
            let exit = match ended {
                Ended::Asked => continue,
                Ended::ByItself(exit) => Some(exit),
                Ended::NotStarted => None,
            };
            let delay = self.settings.pause_after(began.elapsed(), exit);
            tracing::warn!(delay_seconds = delay.as_secs_f32(), "the replicator ended; starting it again");
            self.restarts += 1;
            self.pause(delay);
        }
    }

    /// True while the off file exists. Keeps the lock if it is ours.
    fn is_off(&self) -> bool {
        let off = self.settings.off.as_deref().is_some_and(Path::exists);
        if off {
            self.shared.update(|status| (status.role, status.holder, status.problem) = (Role::Off, None, None));
        }
        off
    }

    /// Called before every start: the lock can be lost, and its file removed.
    fn holds_lock(&mut self) -> bool {
        let taken = self.lock.take();
        self.shared.update(|status| match &taken {
            Ok(Taken::ByUs) => (status.role, status.holder) = (Role::Holder, Some(process::id())),
            Ok(Taken::ByOther(holder)) => (status.role, status.holder, status.problem) = (Role::Standby, *holder, None),
            Err(error) => (status.role, status.problem) = (Role::Standby, Some(error.to_string())),
        });
        matches!(taken, Ok(Taken::ByUs))
    }

    fn start(&mut self) -> Result<Arc<Child>> {
        let child = self.settings.command.spawn(self.restarts).map(Arc::new);
        self.child = child.as_ref().ok().cloned();
        self.shared.update(|status| {
            status.restarts = self.restarts;
            match &child {
                Ok(child) => {
                    (status.pid, status.started_at) = (Some(child.pid()), Some(SystemTime::now()));
                    status.problem = None;
                }
                Err(error) => status.problem = Some(error.to_string()),
            }
        });
        match &child {
            Ok(child) => tracing::info!(pid = child.pid(), "replicator started"),
            Err(error) => tracing::error!(%error, "the replicator cannot be started"),
        }
        child
    }

    /// Waits until the child has ended, by itself or on a request to stop or to switch it off.
    fn tend(&mut self, child: &Child) -> Ended {
        let mut asked = false;
        let mut off_by = None;
        failpoint!("task: supervision");
        self.shared.update(|status| status.problem = None);
        let interval = self.settings.off.as_ref().map(|_| self.poll_interval());
        let exit = loop {
            if let Some(exit) = child.try_wait() {
                break exit;
            }
            let now = Instant::now();
            if off_by.is_none() && self.is_off() {
                off_by = Some(now + self.settings.last_sync + MARGIN);
            }
            let left = match self.stop_by().into_iter().chain(off_by).min() {
                Some(by) if by <= now => {
                    child.kill();
                    Some(CHECK_INTERVAL)
                }
                Some(by) => {
                    if !asked {
                        child.terminate();
                        asked = true;
                    }
                    Some(by - now)
                }
                None => interval,
            };
            self.wait(Some(child), left);
        };
        tracing::info!(pid = child.pid(), %exit, seconds = child.started.elapsed().as_secs(), "replicator ended");
        self.shared.update(|status| {
            (status.pid, status.started_at, status.last_exit) = (None, None, Some(exit));
        });
        if asked { Ended::Asked } else { Ended::ByItself(exit) }
    }

    fn poll_interval(&self) -> Duration {
        self.settings.poll.min(LONGEST_POLL)
    }

    /// Pauses for this long, or until a request to stop or to switch off.
    fn pause(&mut self, length: Duration) {
        let until = Instant::now() + length;
        while self.stop_by().is_none() && !self.is_off() {
            match until.checked_duration_since(Instant::now()) {
                Some(left) if !left.is_zero() => self.wait(None, Some(left.min(self.poll_interval()))),
                _ => return,
            }
        }
    }

    /// Waits until a wake-up, the child's end, or the time limit. May return early.
    fn wait(&mut self, child: Option<&Child>, limit: Option<Duration>) {
        let end = child.and_then(Child::end);
        let limit = if child.is_some() && end.is_none() {
            Some(limit.unwrap_or(CHECK_INTERVAL).min(CHECK_INTERVAL))
        } else {
            limit
        };
        // Rounded up to a millisecond: rounding down would spin through the last one.
        let timeout = limit.map_or(PollTimeout::NONE, |limit| {
            PollTimeout::try_from(limit + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX)
        });
        let mut watched = vec![PollFd::new(self.woken.as_fd(), PollFlags::POLLIN)];
        watched.extend(end.map(|end| PollFd::new(end, PollFlags::POLLIN)));
        let _ = poll(&mut watched, timeout);
        while self.woken.read(&mut [0; 64]).is_ok_and(|read| read > 0) {}
    }

    fn stop_by(&self) -> Option<Instant> {
        self.shared.lock().stop_by
    }
}
