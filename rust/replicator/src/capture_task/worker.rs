//! Runs the work on an open database on a blocking thread, and keeps the status in step with it.

use std::{path::Path, sync::Arc};

use litestream_core::{Error, Result, clock};
use tokio::sync::watch;

use super::{
    lag_marker::{self, Delayed},
    open_database::OpenDatabase,
};
use crate::{
    status::{Phase, Status},
    threads::Threads,
};

/// Where the work of one database runs, and where its outcome is reported.
pub(crate) struct Worker<'a> {
    /// The database.
    pub(crate) path: &'a Path,
    pub(crate) status: &'a watch::Sender<Status>,
    pub(crate) threads: &'a Threads,
}

/// The error has already been logged and stored in the status.
pub(crate) struct Reported;

impl Worker<'_> {
    /// Works on the database on a thread that may block; stores in the status what was captured or what failed. Leaves
    /// `None` behind only if the future is dropped.
    pub(crate) async fn on<T: Send + 'static>(
        &self,
        database: &mut Option<OpenDatabase>,
        delayed: Delayed,
        work: impl FnOnce(&mut OpenDatabase) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let mut taken = database.take().ok_or_else(|| Error::Internal("the database is not open".to_owned()))?;
        let done = self.blocking(delayed, move || {
            let outcome = work(&mut taken);
            (taken, outcome)
        });
        let (back, outcome) = done.await?;
        self.captured(&back);
        *database = Some(back);
        match outcome {
            Ok(done) => {
                self.recovered();
                Ok(done)
            }
            Err(Error::Cancelled) => Err(Error::Cancelled),
            Err(error) => Err(Error::clone(&self.failed(error))),
        }
    }

    /// Works on a thread that may block.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        delayed: Delayed,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let mut work = self.threads.start(work);
        lag_marker::during(self.status, self.path, delayed, work.done()).await
    }

    pub(crate) fn captured(&self, database: &OpenDatabase) {
        let (txid, mapped_from, page_size) =
            (database.session.txid(), database.session.mapped_from(), database.session.page_size());
        self.status.send_modify(|status| {
            status.set_captured(txid);
            status.page_size = Some(page_size);
            status.mapped_from = mapped_from;
            status.enter(Phase::Replicating);
        });
    }

    pub(crate) fn recovered(&self) {
        self.status.send_if_modified(Status::recover);
    }

    pub(crate) fn failed(&self, error: Error) -> Arc<Error> {
        if self.status.borrow().phase != Phase::NoDatabase {
            tracing::warn!(kind = "capture_failed", path = %self.path.display(), %error, "capture failed; it will be tried again");
        }
        let problem = Arc::new(error);
        self.status.send_modify(|status| {
            status.capture_problem = Some(Arc::clone(&problem));
            if status.phase == Phase::Replicating {
                status.uncaptured_since.get_or_insert_with(clock::now);
            }
        });
        problem
    }
}
