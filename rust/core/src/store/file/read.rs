//! A range of a file, read a piece at a time.

use std::{fs::File, io, ops::Range, os::unix::fs::FileExt, path::Path, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;

use super::{FileStore, blocking, regular};
use crate::store::{Chunks, Key, StoreError};

/// Bytes read at a time.
const CHUNK: u64 = 256 << 10;

/// The file and its size in bytes.
pub(super) fn open(path: &Path) -> io::Result<(File, u64)> {
    regular(path)?;
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    Ok((file, size))
}

/// Reads from its open descriptor, so a file that is replaced or deleted in the meantime is still read whole.
pub(super) struct FileChunks {
    store: FileStore,
    key: Key,
    file: Arc<File>,
    rest: Range<u64>,
}

impl FileChunks {
    pub(super) fn new(store: FileStore, key: Key, file: File, bytes: Range<u64>) -> Self {
        FileChunks { store, key, file: Arc::new(file), rest: bytes }
    }
}

#[async_trait]
impl Chunks for FileChunks {
    async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let start = self.rest.start;
        let length = CHUNK.min(self.rest.end - start) as usize;
        let file = Arc::clone(&self.file);
        let read = blocking(move || {
            let mut buffer = vec![0; length];
            file.read_exact_at(&mut buffer, start)?;
            Ok(buffer)
        });
        let buffer = read.await.map_err(|error| self.store.failed("read", &self.key, error))?;
        self.rest.start += length as u64;
        Ok(Some(buffer.into()))
    }
}
