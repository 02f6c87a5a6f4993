//! Builds a map of the replica's newest state, for a process without local state.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use litestream_core::{
    Result,
    replica::Replica,
    restore::{self, PageSink, Target, each_page},
};
use ltx::{PageNumber, PageSize, Txid};

use super::{PageHash, PageMap};

/// Streams the replica's newest state, checked as a restore checks it, and keeps only the hashes. The map has a
/// temporary name until it follows the next transaction.
pub async fn from_replica(replica: &Replica, txid: Txid, meta_path: &Path) -> Result<PageMap> {
    let meta_path = meta_path.to_owned();
    let blank = move || Hashes { meta_path: meta_path.clone(), txid, map: Mutex::default() };
    let hashes = restore::stream(replica, Target::Txid(txid), blank).await?;
    let map = hashes.map.into_inner().unwrap_or_else(PoisonError::into_inner);
    map.ok_or_else(|| litestream_core::Error::Internal("a replica without a page".to_owned()))
}

struct Hashes {
    meta_path: PathBuf,
    txid: Txid,
    map: Mutex<Option<PageMap>>,
}

impl Hashes {
    fn map(&self) -> MutexGuard<'_, Option<PageMap>> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PageSink for Hashes {
    fn begin(&self, page_size: PageSize, commit: u32) -> Result<()> {
        *self.map() = Some(PageMap::blank(&self.meta_path, page_size, commit, self.txid)?);
        Ok(())
    }

    fn pages(&self, page_size: PageSize, first: PageNumber, data: &[u8]) -> Result<()> {
        for (page, data) in each_page(page_size, first, data) {
            let hash = PageHash::of(data);
            self.map().as_mut().map_or(Ok(()), |map| map.set(page, hash))?;
        }
        Ok(())
    }
}
