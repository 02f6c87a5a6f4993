//! State shared by the supervisor's handle and its thread.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::SupervisorStatus;

/// The supervisor's state behind a lock, with a signal for changes.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<SharedState>,
    changed: Condvar,
}

#[derive(Debug)]
pub(super) struct SharedState {
    pub(super) status: SupervisorStatus,
    /// Deadline for the child's end; `None` until a stop is requested.
    pub(super) stop_by: Option<Instant>,
}

impl Shared {
    pub(super) fn new() -> Shared {
        Shared {
            state: Mutex::new(SharedState { status: SupervisorStatus::new(), stop_by: None }),
            changed: Condvar::new(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, SharedState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut SupervisorStatus)) {
        change(&mut self.lock().status);
        self.changed.notify_all();
    }

    /// The first status that matches; `None` after the limit.
    pub(super) fn wait_for(
        &self,
        limit: Duration,
        is_wanted: impl Fn(&SupervisorStatus) -> bool,
    ) -> Option<SupervisorStatus> {
        let waited = self.changed.wait_timeout_while(self.lock(), limit, |state| !is_wanted(&state.status));
        let (state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        (!waited.timed_out()).then(|| state.status.clone())
    }
}
