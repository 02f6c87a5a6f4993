//! How the task that captures one database answers requests.

use std::{
    convert::Infallible,
    future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use litestream_core::{Error, Result};
use tokio::sync::oneshot;

use super::{
    CaptureTask, Told,
    lag_marker::Commits,
    requests::{Inbox, Request},
};
use crate::capture::{
    full_read::context::{Asker, Meanwhile},
    session::Live,
};

impl CaptureTask<'_> {
    pub(crate) async fn answer(
        &self,
        live: &mut Option<Live>,
        request: Request,
        inbox: &mut Inbox,
    ) -> Result<(), Told> {
        match request {
            Request::Capture(answer) => tell(answer, self.on(live, Commits::Wait, Live::capture).await),
            // To read everything takes long.
            Request::Prove(answer) if answer.is_closed() => Ok(()),
            Request::Snapshot(_, answer) if answer.is_closed() => Ok(()),
            Request::Prove(answer) => self.reading(live, inbox, answer, Live::prove).await,
            Request::Snapshot(folder, answer) => {
                let read = move |live: &mut Live, meanwhile: &Meanwhile| live.whole(&folder, meanwhile);
                self.reading(live, inbox, answer, read).await
            }
        }
    }

    /// Reads the whole database, as long as somebody waits for it.
    async fn reading<T: Send + 'static>(
        &self,
        live: &mut Option<Live>,
        inbox: &mut Inbox,
        mut answer: oneshot::Sender<Result<T>>,
        read: impl FnOnce(&mut Live, &Meanwhile) -> Result<T> + Send + 'static,
    ) -> Result<(), Told> {
        // The reading begins with what is committed now, which may be much.
        if let Err(error) = self.on(live, Commits::Wait, Live::capture).await {
            return tell(answer, Err(error));
        }
        let spacing = self.config.monitor_interval.min(self.config.replica.sync_interval);
        let (asking, is_forgotten) = (Arc::<Mutex<Vec<Asker>>>::default(), Arc::<AtomicBool>::default());
        let meanwhile = Meanwhile {
            status: self.status.clone(),
            ending: inbox.shutdown.clone(),
            holds: self.holds.clone(),
            spacing,
            asking: Arc::clone(&asking),
            is_forgotten: Arc::clone(&is_forgotten),
        };
        let done = self.on(live, Commits::AreCapturedEvery(spacing), move |live| read(live, &meanwhile));
        let forgotten = async {
            answer.closed().await;
            is_forgotten.store(true, Ordering::Relaxed);
            future::pending::<Infallible>().await
        };
        let outcome = tokio::select! {
            outcome = inbox.during(done, &asking) => outcome,
            never = forgotten => match never {},
        };
        tell(answer, outcome)
    }
}

/// Whoever asked may have gone; then nobody takes the answer.
fn tell<T>(answer: oneshot::Sender<Result<T>>, outcome: Result<T>) -> Result<(), Told> {
    let has_failed = outcome.as_ref().is_err_and(|error| !matches!(error, Error::Cancelled));
    let _ = answer.send(outcome);
    if has_failed { Err(Told) } else { Ok(()) }
}
