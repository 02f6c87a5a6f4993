//! Threads that block while they work on one database's files.

use std::{panic::resume_unwind, sync::Arc};

use litestream_core::{Error, Result};
use tokio::{
    sync::watch,
    task::{JoinError, JoinHandle, spawn_blocking},
};

/// The threads of one database. A task that is dropped leaves its thread behind, which still holds the database open and
/// writes to the stage: the next run of the task waits for [`Self::idle`].
#[derive(Clone, Debug, Default)]
pub struct Threads(Arc<watch::Sender<usize>>);

/// Work on a thread of its own.
pub struct Work<T>(JoinHandle<(T, Busy)>);

/// Counts a thread until its result is taken or dropped.
struct Busy(Threads);

impl Threads {
    pub fn start<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Work<T> {
        self.0.send_modify(|threads| *threads += 1);
        let busy = Busy(self.clone());
        // Dropped in this order: the result first.
        Work(spawn_blocking(move || (work(), busy)))
    }

    /// Waits until no thread works and no result is left.
    pub async fn idle(&self) {
        // The sender is ours.
        let _ = self.0.subscribe().wait_for(|&threads| threads == 0).await;
    }
}

impl<T> Work<T> {
    /// The result. A panic goes on in the caller.
    pub async fn done(&mut self) -> Result<T> {
        joined((&mut self.0).await).map(|(done, _)| done)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.0.send_modify(|threads| *threads -= 1);
    }
}

/// The result of a thread that belongs to no database's files. A panic goes on in the caller.
pub fn joined<T>(outcome: Result<T, JoinError>) -> Result<T> {
    match outcome.map_err(JoinError::try_into_panic) {
        Ok(done) => Ok(done),
        Err(Ok(panic)) => resume_unwind(panic),
        // The runtime is ending.
        Err(Err(_)) => Err(Error::Cancelled),
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use litestream_core::panics;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_panic_on_a_thread_is_a_panic_of_the_caller() {
        let threads = Threads::default();
        let ended = panics::catch(async { threads.start(|| panic!("a fault")).done().await }).await;
        let panic = ended.map(|outcome: Result<()>| outcome.is_ok()).expect_err("a panic");
        assert_eq!(panics::message(&panic), "a fault");
        threads.idle().await;
    }

    #[tokio::test]
    async fn threads_are_waited_for_that_outlive_their_caller() {
        let (threads, (go, wait)) = (Threads::default(), mpsc::channel::<()>());
        drop(threads.start(move || wait.recv()));
        assert!(timeout(Duration::from_millis(50), threads.idle()).await.is_err());
        drop(go);
        threads.idle().await;
    }
}
