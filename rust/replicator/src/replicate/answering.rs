//! How the task that captures one database answers requests.

use std::sync::{Arc, Mutex};

use litestream_core::Result;

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
        // Whoever asked may have gone; then nobody takes the answer.
        match request {
            Request::Capture(answer) => {
                let captured = self.on(live, Commits::Wait, Live::capture).await;
                let outcome = captured.as_ref().map(|_| ()).map_err(|_| Told);
                let _ = answer.send(captured);
                outcome
            }
            // To read everything takes long.
            Request::Prove(answer) if answer.is_closed() => Ok(()),
            Request::Snapshot(_, answer) if answer.is_closed() => Ok(()),
            Request::Prove(answer) => {
                let proof = self.reading(live, inbox, Live::prove).await;
                let outcome = proof.as_ref().map(|_| ()).map_err(|_| Told);
                let _ = answer.send(proof);
                outcome
            }
            Request::Snapshot(folder, answer) => {
                let whole = self.reading(live, inbox, move |live, meanwhile| live.whole(&folder, meanwhile)).await;
                let outcome = whole.as_ref().map(|_| ()).map_err(|_| Told);
                let _ = answer.send(whole);
                outcome
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
        let asking = Arc::<Mutex<Vec<Asker>>>::default();
        let meanwhile = Meanwhile {
            status: self.status.clone(),
            ending: inbox.shutdown.clone(),
            spacing: self.config.monitor_interval.min(self.config.replica.sync_interval),
            asking: Arc::clone(&asking),
        };
        let done = self.on(live, Commits::MayCome, move |live| read(live, &meanwhile));
        let outcome = inbox.during(done, &asking).await;
        self.status.send_modify(|status| status.read = None);
        outcome
    }
}
