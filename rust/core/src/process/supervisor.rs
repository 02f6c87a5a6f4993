//! The application's handle: starts the supervising thread, queries it, stops it.

use std::{
    io::Write,
    os::unix::net::UnixStream,
    process,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use nix::sys::signal::{SigSet, SigmaskHow};

use super::{
    Exit, Role, SupervisorLock, SupervisorSettings, SupervisorStatus, shared_status::Shared, supervise::SupervisorLoop,
};
use crate::{Error, Result};

/// Time that `stop` waits for the thread beyond the child's own limit.
const MARGIN: Duration = Duration::from_secs(5);

/// Longest timeout of `stop` for the child; a larger one counts as this.
const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// Time for the child when the handle is dropped without `stop`.
const DROP_LIMIT: Duration = Duration::from_secs(10);

/// Keeps one replicator running from a thread of its own, for the handle's lifetime. In a forked child every method
/// returns [`Error::Forked`], and a drop does nothing.
#[derive(Debug)]
pub struct Supervisor {
    /// The creating process: threads do not survive a fork.
    owner: u32,
    shared: Arc<Shared>,
    wake: UnixStream,
}

impl Supervisor {
    /// Returns at once; [`Supervisor::status`] reports the result.
    pub fn start(settings: SupervisorSettings) -> Result<Supervisor> {
        let (wake, woken) = UnixStream::pair().map_err(Error::io("make", "a socket pair"))?;
        for end in [&wake, &woken] {
            end.set_nonblocking(true).map_err(Error::io("set up", "a socket pair"))?;
        }
        let shared = Arc::new(Shared::new());
        let supervisor_loop = SupervisorLoop::new(SupervisorLock::new(&settings.lock), settings, shared.clone(), woken);
        // The new thread inherits the mask: the application's signal handlers must not run on it.
        let mask = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK);
        let thread = thread::Builder::new().name("litestream".into()).spawn(move || supervisor_loop.run());
        if let Ok(mask) = mask {
            let _ = mask.thread_set_mask();
        }
        thread.map_err(Error::io("start", "the supervising thread"))?;
        Ok(Supervisor { owner: process::id(), shared, wake })
    }

    /// False in a process forked from the creating one.
    pub fn is_mine(&self) -> bool {
        self.owner == process::id()
    }

    /// A copy of the current state; does not wait.
    pub fn status(&self) -> Result<SupervisorStatus> {
        self.check_owner()?;
        Ok(self.shared.lock().status.clone())
    }

    /// Ends the replicator for good: SIGTERM for a last sync, SIGKILL after `timeout`. Returns its exit; `None` if
    /// there was none. Blocks.
    pub fn stop(&self, timeout: Duration) -> Result<Option<Exit>> {
        self.check_owner()?;
        let timeout = timeout.min(MAX_TIMEOUT);
        let had_child = self.ask_to_stop(timeout);
        let limit = timeout + MARGIN;
        let stopped = self.shared.wait_for(limit, |status| status.role == Role::Stopped);
        let stopped = stopped.ok_or_else(|| Error::Timeout {
            what: "stopping the replicator".into(),
            after: limit,
            cause: None,
        })?;
        Ok(stopped.last_exit.filter(|_| had_child))
    }

    /// Returns true if there is a child to end. A second request may shorten the time, not lengthen it.
    fn ask_to_stop(&self, timeout: Duration) -> bool {
        let mut state = self.shared.lock();
        let stop_by = Instant::now() + timeout;
        state.stop_by = Some(state.stop_by.map_or(stop_by, |earlier| earlier.min(stop_by)));
        // A full pipe means that the thread is awake anyway.
        let _ = (&self.wake).write(&[0]);
        state.status.pid.is_some()
    }

    fn check_owner(&self) -> Result<()> {
        match self.is_mine() {
            true => Ok(()),
            false => Err(Error::Forked { what: "the supervisor".into(), owner: self.owner }),
        }
    }
}

impl Drop for Supervisor {
    /// Requests the thread's stop without waiting. If the process ends first, the kernel sends the child its SIGTERM.
    fn drop(&mut self) {
        if self.is_mine() {
            self.ask_to_stop(DROP_LIMIT);
        }
    }
}
