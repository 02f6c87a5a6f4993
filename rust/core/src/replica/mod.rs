//! The copy of one database in one store: LTX files by level and TXID range. Keys are built here and nowhere else.

mod file;
mod layout;
pub mod listing;
mod manifest;

use std::sync::Arc;

use ltx::{Header, Timestamp, Txid, TxidRange};
use tokio::task::JoinSet;

use crate::{
    Error, Result,
    config::{Location, ReplicaConfig},
    store::{Body, ByteRange, Chunks, Object, PutOptions, Store, StoreError, file::FileStore, s3::S3Store},
};

pub use file::{Level, ReplicaFile};
pub use layout::Layout;
pub use manifest::Manifest;

/// Requests in flight of [`Replica::accurate_times`], one per object.
const HEADS: usize = 50;

/// Files of level 0 that a writer uploads in parallel. It acknowledges them in TXID order, so after its crash fewer
/// files than this can follow a gap behind the newest acknowledged transaction.
pub const UPLOADS_IN_FLIGHT: usize = 4;

/// A store and its key layout. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Replica {
    store: Arc<dyn Store>,
    layout: Layout,
}

impl Replica {
    /// Sends nothing. The prefix of an S3 replica is part of `layout`.
    pub fn new(store: Arc<dyn Store>, layout: Layout) -> Self {
        Replica { store, layout }
    }

    /// Builds the store. Sends and reads nothing yet.
    pub fn open(config: &ReplicaConfig) -> Result<Self> {
        Ok(match &config.location {
            Location::S3(s3) => Replica::new(Arc::new(S3Store::connect(s3)?), Layout::S3 { path: s3.path.clone() }),
            Location::File { path } => Replica::new(Arc::new(FileStore::new(path)), Layout::File),
        })
    }

    /// Name of the replica for messages: `s3://bucket/path`, `file:///dir`.
    pub fn location(&self) -> String {
        match &self.layout {
            Layout::S3 { path } if !path.is_empty() => format!("{}/{path}", self.store.location()),
            _ => self.store.location(),
        }
    }

    /// Files of one level that begin after this transaction (`None`: all), by min TXID, then max TXID. Other objects
    /// are skipped.
    pub async fn files(&self, level: Level, after: Option<Txid>) -> Result<Vec<ReplicaFile>> {
        let prefix = self.layout.prefix(level);
        let after = after.map(|txid| self.layout.last_key_from(level, txid));
        let mut pages = self.store.list(&prefix, after.as_ref()).await?;
        let mut files = Vec::new();
        while let Some(page) = pages.next().await? {
            files.extend(page.iter().filter_map(|object| self.file(level, object)));
        }
        // Stores list in key order, but not every S3-compatible one does.
        files.sort_by_key(|file| (file.txids.min(), file.txids.max()));
        Ok(files)
    }

    fn file(&self, level: Level, object: &Object) -> Option<ReplicaFile> {
        let txids = self.layout.txids(level, &object.key)?;
        Some(ReplicaFile { level, txids, size: object.size, created_at: object.modified_at })
    }

    /// Files of every level, by level, then as [`Replica::files`]. The levels are listed in parallel, each at its own
    /// instant, while files move up between them. So a file may be seen on two levels, or on none if it is compacted
    /// and deleted in between. A plan that finds a gap lists again.
    pub async fn all_files(&self) -> Result<Vec<ReplicaFile>> {
        let mut listings = JoinSet::new();
        for level in Level::all() {
            let replica = self.clone();
            listings.spawn(async move { replica.files(level, None).await });
        }
        let mut files = Vec::new();
        while let Some(listed) = listings.join_next().await {
            files.extend(listed.map_err(lost_task)??);
        }
        files.sort_by_key(|file| (file.level, file.txids.min(), file.txids.max()));
        Ok(files)
    }

    /// [`Error::LegacyReplica`] if Litestream 0.3 replicated to this place, and nothing newer did. Costs one request
    /// otherwise. Call it before treating an empty listing as an empty replica.
    pub async fn expect_no_legacy(&self) -> Result<()> {
        let is_legacy = self.store.holds_any(&self.layout.legacy_prefix()).await? && self.all_files().await?.is_empty();
        if is_legacy { Err(Error::LegacyReplica { location: self.location() }) } else { Ok(()) }
    }

    /// Reads bytes of one file. [`StoreError::NotFound`] if it is absent.
    pub async fn read(&self, level: Level, txids: TxidRange, range: ByteRange) -> Result<Box<dyn Chunks>> {
        Ok(self.store.get(&self.layout.key(level, txids), range).await?)
    }

    /// Reads bytes of one file at once; for a short range.
    pub async fn read_bytes(&self, level: Level, txids: TxidRange, range: ByteRange) -> Result<Vec<u8>> {
        let mut chunks = self.read(level, txids, range).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = chunks.next().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// The header of one file. The file's checksum is not verified.
    pub async fn header(&self, file: &ReplicaFile) -> Result<Header> {
        let range = ByteRange { start: 0, end: Some(Header::LEN as u64) };
        let bytes = self.read_bytes(file.level, file.txids, range).await?;
        let header = bytes.first_chunk().map(Header::decode);
        let header = header.ok_or_else(|| file.corrupt(&self.location(), "it ends within its header".to_owned()))?;
        header.map_err(|error| file.corrupt(&self.location(), error.to_string()))
    }

    /// Writes one whole file. `timestamp`: of its newest transaction. With `only_if_absent`, an existing file is
    /// [`StoreError::AlreadyExists`]: another writer's, or our own after a lost reply.
    pub async fn upload(
        &self,
        level: Level,
        txids: TxidRange,
        body: Body,
        timestamp: Timestamp,
        only_if_absent: bool,
    ) -> Result<(), StoreError> {
        let options = PutOptions { timestamp: Some(timestamp), only_if_absent };
        self.store.put(&self.layout.key(level, txids), body, options).await
    }

    /// Copies a file to another level, unchanged.
    pub async fn copy(&self, file: &ReplicaFile, level: Level) -> Result<()> {
        let (from, to) = (self.layout.key(file.level, file.txids), self.layout.key(level, file.txids));
        Ok(self.store.copy(&from, &to).await?)
    }

    /// Deletes files. Absent ones are not an error. After a failure any subset may be gone.
    pub async fn delete(&self, files: &[(Level, TxidRange)]) -> Result<()> {
        let keys: Vec<_> = files.iter().map(|&(level, txids)| self.layout.key(level, txids)).collect();
        Ok(self.store.delete(&keys).await?)
    }

    /// Sets `created_at` to the time of each file's newest transaction, if the writer stored it with the object. Costs
    /// one request per file on S3. A restore to a time needs it, since copies and compaction change an object's own
    /// date.
    pub async fn accurate_times(&self, files: &mut [ReplicaFile]) -> Result<()> {
        if !self.layout.needs_head_for_time() {
            return Ok(());
        }
        let mut heads = JoinSet::new();
        for index in 0..files.len() {
            if heads.len() == HEADS {
                take_time(&mut heads, files).await?;
            }
            let store = Arc::clone(&self.store);
            let key = self.layout.key(files[index].level, files[index].txids);
            heads.spawn(async move { (index, store.head(&key).await) });
        }
        while !heads.is_empty() {
            take_time(&mut heads, files).await?;
        }
        Ok(())
    }
}

async fn take_time(heads: &mut JoinSet<(usize, Result<Object, StoreError>)>, files: &mut [ReplicaFile]) -> Result<()> {
    if let Some(done) = heads.join_next().await {
        let (index, object) = done.map_err(lost_task)?;
        files[index].created_at = object?.modified_at;
    }
    Ok(())
}

/// Maps a lost task to an error: our tasks are never aborted during a wait, so they panicked.
fn lost_task(error: tokio::task::JoinError) -> crate::Error {
    crate::Error::Internal(error.to_string())
}

#[cfg(test)]
mod tests;
