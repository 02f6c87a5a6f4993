//! The child's half of "ends with its parent". PR_SET_PDEATHSIG depends on the forking thread and exists only on Linux,
//! and a pipe is held open by the parent's other forks. So the executable watches its parent.

use std::{os::unix::process::parent_id, time::Duration};

use crate::config::variables::Variables;

/// Names the executable's supervising process; unset without one (a shell, systemd).
pub const VARIABLE: &str = "LITESTREAM_PARENT_PID";

/// Counts the executable's restarts; unset without a supervisor.
pub const RESTARTS: &str = "LITESTREAM_RESTARTS";

/// Pause between two checks of the parent's id on systems without a better way.
const POLL: Duration = Duration::from_millis(250);

/// Resolves when the supervising process is gone; never without one.
pub async fn gone(variables: &Variables) {
    match variables.get(VARIABLE).and_then(|pid| pid.parse().ok()) {
        Some(parent) => watch(parent).await,
        None => std::future::pending().await,
    }
}

/// Resolves when `parent` is no longer this process's parent: at once if it is gone already. Needs a Tokio runtime with
/// I/O and time.
pub async fn watch(parent: u32) {
    #[cfg(target_os = "linux")]
    if let Some(process) = crate::process::child::pidfd_open(parent) {
        use tokio::io::{Interest, unix::AsyncFd};
        // Only now the id is proven to be the parent's, and not a later process's.
        if parent_id() != parent {
            return;
        }
        // SAFETY: the registered value owns the descriptor, so it is open until it is deregistered.
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
