//! Page sizes in the replica. No file holds pages of two sizes, so that a change of size needs a new snapshot.

use std::sync::{Mutex, MutexGuard, PoisonError};

use litestream_core::{
    Result,
    replica::{Replica, ReplicaFile},
    restore,
};
use ltx::{PageSize, Txid};

/// Known page sizes in the replica. Listings do not show them.
#[derive(Default)]
pub struct PageSizes(Mutex<KnownSizes>);

#[derive(Default)]
struct KnownSizes {
    /// The file that a restore begins with, once its header was asked for. `None`: it is damaged, or cannot be read; a
    /// restore will tell, and nothing else is kept waiting.
    beginning: Option<(ReplicaFile, Option<PageSize>)>,
    /// The first transaction of a file that could not be merged with those before it.
    resized_at: Option<Txid>,
}

impl PageSizes {
    fn lock(&self) -> MutexGuard<'_, KnownSizes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that a snapshot of the whole database has become the beginning of restores.
    pub(crate) fn begin_with(&self, snapshot: ReplicaFile, page_size: PageSize) {
        self.lock().beginning = Some((snapshot, Some(page_size)));
    }

    /// Records that a snapshot spans every change of size so far.
    pub(crate) fn spanned(&self) {
        self.lock().resized_at = None;
    }

    /// True if restores of these files would begin with pages of another size than `page_size`, the database's.
    pub(crate) async fn is_resized(
        &self,
        replica: &Replica,
        files: &[ReplicaFile],
        page_size: Option<PageSize>,
    ) -> Result<bool> {
        let Some(beginning) = restore::beginning(files) else { return Ok(false) };
        let merging_stopped = self.lock().resized_at.is_some_and(|at| beginning.txids.max() < at);
        let differs = match page_size {
            Some(now) if !merging_stopped => {
                self.beginning(replica, beginning).await?.is_some_and(|before| before != now)
            }
            _ => false,
        };
        Ok(merging_stopped || differs)
    }

    /// Records that files from this transaction on have pages of another size than those before it. The next round
    /// sees if a snapshot spans that already.
    pub(crate) fn found_resized(&self, at: Txid) {
        self.lock().resized_at = Some(at);
    }

    /// Costs one request each time that restores begin with another file.
    async fn beginning(&self, replica: &Replica, beginning: &ReplicaFile) -> Result<Option<PageSize>> {
        if let Some((file, known)) = self.lock().beginning
            && file == *beginning
        {
            return Ok(known);
        }
        let page_size = match replica.header(beginning).await {
            Ok(header) => Some(header.page_size),
            Err(error) if error.is_retryable() || error.leaves_replica_unknown() => return Err(error),
            Err(_) => None,
        };
        self.lock().beginning = Some((*beginning, page_size));
        Ok(page_size)
    }
}
