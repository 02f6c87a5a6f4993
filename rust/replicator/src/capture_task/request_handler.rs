//! Answers the requests to one database's capture task.

use std::{
    convert::Infallible,
    future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use litestream_core::{Error, Result};
use tokio::sync::oneshot;

use super::{
    lag_marker::Delayed,
    open_database::OpenDatabase,
    requests::{Inbox, Request},
    worker::{Reported, Worker},
};
use crate::{
    capture::{
        full_read::{
            checksum::checksum,
            context::{CaptureReply, ReadContext},
            snapshot::snapshot,
        },
        session::Session,
    },
    stage::pins::Pins,
};

/// Answers with the open database at hand.
pub(crate) struct RequestHandler<'a> {
    pub(crate) worker: Worker<'a>,
    pub(crate) pins: &'a Pins,
    /// Least time between two captures while everything is read.
    pub(crate) read_spacing: Duration,
}

impl RequestHandler<'_> {
    pub(crate) async fn answer(
        &self,
        session: &mut Option<OpenDatabase>,
        request: Request,
        inbox: &mut Inbox,
    ) -> Result<(), Reported> {
        match request {
            Request::Capture(answer) => {
                reply(answer, self.worker.on(session, Delayed::Existing, OpenDatabase::capture).await)
            }
            // To read everything takes long.
            Request::Prove(answer) if answer.is_closed() => Ok(()),
            Request::Snapshot(_, answer) if answer.is_closed() => Ok(()),
            Request::Prove(answer) => self.reading(session, inbox, answer, checksum).await,
            Request::Snapshot(folder, answer) => {
                let read = move |session: &mut Session, context: &ReadContext| snapshot(session, &folder, context);
                self.reading(session, inbox, answer, read).await
            }
        }
    }

    /// Reads the whole database while the caller waits.
    async fn reading<T: Send + 'static>(
        &self,
        session: &mut Option<OpenDatabase>,
        inbox: &mut Inbox,
        mut answer: oneshot::Sender<Result<T>>,
        read: impl FnOnce(&mut Session, &ReadContext) -> Result<T> + Send + 'static,
    ) -> Result<(), Reported> {
        // The reading begins with what is committed now, which may be much.
        if let Err(error) = self.worker.on(session, Delayed::Existing, OpenDatabase::capture).await {
            return reply(answer, Err(error));
        }
        let (asking, is_forgotten) = (Arc::<Mutex<Vec<CaptureReply>>>::default(), Arc::<AtomicBool>::default());
        let context = ReadContext {
            status: self.worker.status.clone(),
            ending: inbox.shutdown.clone(),
            pins: self.pins.clone(),
            spacing: self.read_spacing,
            asking: Arc::clone(&asking),
            is_forgotten: Arc::clone(&is_forgotten),
        };
        let done = self
            .worker
            .on(session, Delayed::NewUntil(self.read_spacing), move |open| read(&mut open.session, &context));
        let forgotten = async {
            answer.closed().await;
            is_forgotten.store(true, Ordering::Relaxed);
            future::pending::<Infallible>().await
        };
        let outcome = tokio::select! {
            outcome = inbox.during(done, &asking) => outcome,
            never = forgotten => match never {},
        };
        reply(answer, outcome)
    }
}

/// Sends the answer; the caller may have gone.
fn reply<T>(answer: oneshot::Sender<Result<T>>, outcome: Result<T>) -> Result<(), Reported> {
    let has_failed = outcome.as_ref().is_err_and(|error| !matches!(error, Error::Cancelled));
    let _ = answer.send(outcome);
    if has_failed { Err(Reported) } else { Ok(()) }
}
