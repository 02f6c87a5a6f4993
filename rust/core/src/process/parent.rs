//! The child's half of "ends with its parent": PR_SET_PDEATHSIG alone fails where the forking thread outlives nothing or
//! the system has no such thing, and a pipe is held open by the parent's other forks. So the executable watches.

use std::{os::unix::process::parent_id, time::Duration};

use crate::env::Variables;

/// Tells the executable whose child it is; unset where nobody supervises it (a shell, systemd).
pub const VARIABLE: &str = "LITESTREAM_PARENT_PID";

/// Tells the executable how often it was started again; unset likewise.
pub const RESTARTS: &str = "LITESTREAM_RESTARTS";

/// Between two looks at the parent's id where nothing better is at hand.
const POLL: Duration = Duration::from_millis(250);

/// Resolves when the supervising process is gone; never where nobody supervises this one.
pub async fn gone(variables: &Variables) {
    match variables.get(VARIABLE).and_then(|pid| pid.parse().ok()) {
        Some(parent) => watch(parent).await,
        None => std::future::pending().await,
    }
}

/// Resolves when `parent` is no longer this process's parent: at once if it has gone before. Needs a Tokio runtime with
/// I/O and time.
pub async fn watch(parent: u32) {
    #[cfg(target_os = "linux")]
    if let Some(process) = super::child::pidfd_open(parent) {
        use tokio::io::{Interest, unix::AsyncFd};
        // Only now is the id known to be the parent's and not a later process's.
        if parent_id() != parent {
            return;
        }
        // SAFETY: the descriptor is owned by what is registered, and so open until it is deregistered.
        if let Ok(process) = unsafe { AsyncFd::register_with_interest(process, Interest::READABLE) }
            && process.readable().await.is_ok()
        {
            return;
        }
    }
    while parent_id() == parent {
        tokio::time::sleep(POLL).await;
    }
}
