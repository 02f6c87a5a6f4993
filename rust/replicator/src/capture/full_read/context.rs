//! Who waits while a whole database is read.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use litestream_core::{Result, clock};
use ltx::Txid;
use tokio::sync::{oneshot, watch};

use crate::{
    capture::wal_capture::WalCapture,
    shutdown::is_signalled,
    stage::pins::Pins,
    status::{Phase, Status},
};

/// Where the answer to [`crate::capture_task::requests::Request::Capture`] goes.
pub type CaptureReply = oneshot::Sender<Result<Txid>>;

/// The reader's side: it looks up from time to time.
pub struct ReadContext {
    pub status: watch::Sender<Status>,
    pub ending: watch::Receiver<bool>,
    pub pins: Pins,
    /// Time between captures without a request for one.
    pub spacing: Duration,
    /// They want to know what is captured.
    pub asking: Arc<Mutex<Vec<CaptureReply>>>,
    /// Set when the caller hangs up.
    pub is_forgotten: Arc<AtomicBool>,
}

impl ReadContext {
    pub fn captured(&self, capture: &WalCapture) {
        let (txid, mapped_from) = (capture.position().txid, capture.map_updater().staged_from());
        self.status.send_if_modified(|status| {
            let is_news = status.captured != txid || status.mapped_from != mapped_from;
            status.set_captured(txid);
            status.mapped_from = mapped_from;
            status.recover() || is_news
        });
    }

    /// Marks commits as lagging: their capture takes long.
    pub fn much_waits(&self) {
        self.status.send_modify(|status| {
            status.uncaptured_since.get_or_insert_with(clock::now);
        });
    }

    /// True if the read should be cancelled.
    pub fn is_over(&self) -> bool {
        is_signalled(&self.ending)
            || self.is_forgotten.load(Ordering::Relaxed)
            || matches!(self.status.borrow().phase, Phase::Failed | Phase::Stopped)
    }

    /// Takes the replies of all requests so far.
    pub fn replies(&self) -> Vec<CaptureReply> {
        std::mem::take(&mut self.asking())
    }

    /// They ask for what the next capture will tell.
    pub fn put_off(&self, replies: &mut Vec<CaptureReply>) {
        self.asking().append(replies);
    }

    fn asking(&self) -> MutexGuard<'_, Vec<CaptureReply>> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
