//! How the task that captures one database answers requests.

use std::sync::{Arc, Mutex};

use litestream_core::Result;
use tokio::sync::oneshot;

use super::{
    capture_task::{CaptureTask, Told},
    live::Live,
    meanwhile::{Asker, Meanwhile},
    requests::{Inbox, Request},
    waiting::Commits,
};

impl CaptureTask<'_> {
    pub(super) async fn answer(
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
            Request::Prove(answer) => tell(answer, self.reading(live, inbox, Live::prove).await),
            Request::Snapshot(folder, answer) => {
                let read = move |live: &mut Live, meanwhile: &Meanwhile| live.whole(&folder, meanwhile);
                tell(answer, self.reading(live, inbox, read).await)
            }
        }
    }

    /// Reads the whole database.
    async fn reading<T: Send + 'static>(
        &self,
        live: &mut Option<Live>,
        inbox: &mut Inbox,
        read: impl FnOnce(&mut Live, &Meanwhile) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        // The reading begins with what is committed now, which may be much.
        self.on(live, Commits::Wait, Live::capture).await?;
        let spacing = self.config.monitor_interval.min(self.config.replica.sync_interval);
        let asking = Arc::<Mutex<Vec<Asker>>>::default();
        let meanwhile = Meanwhile {
            status: self.status.clone(),
            ending: inbox.shutdown.clone(),
            holds: self.holds.clone(),
            spacing,
            asking: Arc::clone(&asking),
        };
        let done = self.on(live, Commits::AreCapturedEvery(spacing), move |live| read(live, &meanwhile));
        inbox.during(done, &asking).await
    }
}

/// Whoever asked may have gone; then nobody takes the answer.
fn tell<T>(answer: oneshot::Sender<Result<T>>, outcome: Result<T>) -> Result<(), Told> {
    let told = outcome.as_ref().map(|_| ()).map_err(|_| Told);
    let _ = answer.send(outcome);
    told
}
