//! Objects as files under one directory; a `/` in a key is a folder. The modification time carries the writer's
//! timestamp, so a copy of the directory must keep it (`cp -p`, `rsync -t`). Written by hand: durability needs control
//! over fsyncs.
//!
//! A file under its own name is whole: it is written as `.<name>.….tmp`, fsynced, renamed, and its folder fsynced.

mod read;
mod walk;
mod write;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use async_trait::async_trait;

use super::{Body, ByteRange, Chunks, Key, Object, Pages, PutOptions, Store, StoreError, listing::MemoryListing};
use crate::{clock, failpoint};

/// A directory as a store. Clones share nothing but its path.
#[derive(Clone, Debug)]
pub struct FileStore {
    root: PathBuf,
}

impl FileStore {
    /// The first write creates the directory; until then the store is empty.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        FileStore { root: root.into() }
    }

    /// The path of the key's file. Keys that lead outside the directory, or to no file, are refused.
    fn path_of(&self, action: &'static str, key: &Key) -> Result<PathBuf, StoreError> {
        if is_relative_name(key.as_str()) {
            Ok(self.root.join(key.as_str()))
        } else {
            Err(self.failed(action, key, "this name cannot be a file below that directory"))
        }
    }

    fn failed(&self, action: &'static str, key: &Key, problem: impl ToString) -> StoreError {
        StoreError::Failed { action, key: key.to_string(), location: self.location(), problem: problem.to_string() }
    }

    /// Maps an I/O error at this key.
    fn error(&self, action: &'static str, key: &Key, error: io::Error) -> StoreError {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory if action != "write" => {
                StoreError::NotFound { location: self.location(), key: key.clone() }
            }
            io::ErrorKind::AlreadyExists => StoreError::AlreadyExists { location: self.location(), key: key.clone() },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                StoreError::DiskFull { path: self.root.clone() }
            }
            _ => self.failed(action, key, error),
        }
    }
}

#[async_trait]
impl Store for FileStore {
    fn location(&self) -> String {
        format!("file://{}", self.root.display())
    }

    async fn put(&self, key: &Key, body: Body, options: PutOptions) -> Result<(), StoreError> {
        let path = self.path_of("write", key)?;
        write::write(path, body, options).await.map_err(|error| self.error("write", key, error))
    }

    async fn get(&self, key: &Key, range: ByteRange) -> Result<Box<dyn Chunks>, StoreError> {
        let path = self.path_of("read", key)?;
        let (file, size) = blocking(move || read::open(&path)).await.map_err(|error| self.error("read", key, error))?;
        let Some(bytes) = range.within(size) else {
            return Err(self.failed("read", key, format!("bytes {range} are not all within its {size} bytes")));
        };
        Ok(Box::new(read::FileChunks::new(self.clone(), key.clone(), file, bytes)))
    }

    async fn head(&self, key: &Key) -> Result<Object, StoreError> {
        let path = self.path_of("look at", key)?;
        let metadata = blocking(move || regular(&path)).await.map_err(|error| self.error("look at", key, error))?;
        let modified_at =
            metadata.modified().map_err(|error| self.failed("look at", key, error)).map(clock::from_system)?;
        Ok(Object { key: key.clone(), size: metadata.len(), modified_at })
    }

    async fn list(&self, prefix: &str, after: Option<&Key>) -> Result<Box<dyn Pages + '_>, StoreError> {
        let (root, prefix, after) = (self.root.clone(), prefix.to_owned(), after.cloned());
        let name = Key::new(prefix.as_str());
        let objects = blocking(move || walk::walk(&root, &prefix, after.as_ref()))
            .await
            .map_err(|error| self.failed("list", &name, error))?;
        Ok(Box::new(MemoryListing::new(objects)))
    }

    async fn copy(&self, from: &Key, to: &Key) -> Result<(), StoreError> {
        let Object { size, modified_at, .. } = self.head(from).await?;
        let body = Body::File { path: self.path_of("read", from)?, size };
        self.put(to, body, PutOptions { timestamp: Some(modified_at), only_if_absent: false }).await
    }

    async fn delete(&self, keys: &[Key]) -> Result<(), StoreError> {
        for key in keys {
            let path = self.path_of("delete", key)?;
            failpoint!("store: before a removal");
            match tokio::fs::remove_file(&path).await.map_err(|error| self.error("delete", key, error)) {
                Err(error) if !error.is_not_found() => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

/// True if every part between slashes is an ordinary name.
fn is_relative_name(name: &str) -> bool {
    name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Metadata of a file; a folder counts as absent.
fn regular(path: &Path) -> io::Result<fs::Metadata> {
    let metadata = fs::metadata(path)?;
    if metadata.is_file() { Ok(metadata) } else { Err(io::ErrorKind::NotFound.into()) }
}

/// Runs disk work off the runtime's threads.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
