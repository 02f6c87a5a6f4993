//! The shutdown signal that every task of the process receives.

use tokio::sync::watch;

/// Returned in place of a result: the process is shutting down.
#[derive(Debug, PartialEq, Eq)]
pub struct ShuttingDown;

/// True once shutdown was signalled.
pub fn is_signalled(shutdown: &watch::Receiver<bool>) -> bool {
    *shutdown.borrow() || shutdown.has_changed().is_err()
}

/// Resolves when shutdown is signalled.
pub async fn signalled(shutdown: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which counts as the signal.
    let _ = shutdown.wait_for(|&signalled| signalled).await;
}
