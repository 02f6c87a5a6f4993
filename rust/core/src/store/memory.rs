//! Objects in this process's memory: for tests, and the plainest implementation of [`Store`], which is our own trait.

use std::{
    collections::BTreeMap,
    fmt,
    ops::Bound,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use ltx::Timestamp;

use super::{Body, ByteRange, Chunks, Key, Object, Pages, PutOptions, Store, StoreError, listing::MemoryListing};
use crate::clock;

const LOCATION: &str = "memory://";

/// A store in memory. Its objects are lost when it is dropped.
#[derive(Default)]
pub struct MemoryStore {
    objects: Mutex<BTreeMap<Key, Stored>>,
}

#[derive(Clone)]
struct Stored {
    data: Bytes,
    written_at: Timestamp,
    /// The writer's timestamp, if it set one.
    timestamp: Option<Timestamp>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn objects(&self) -> MutexGuard<'_, BTreeMap<Key, Stored>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, key: &Key) -> Result<Stored, StoreError> {
        let not_found = || StoreError::NotFound { location: LOCATION.into(), key: key.clone() };
        self.objects().get(key).cloned().ok_or_else(not_found)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryStore({} objects)", self.objects().len())
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn location(&self) -> String {
        LOCATION.into()
    }

    async fn put(&self, key: &Key, body: Body, options: PutOptions) -> Result<(), StoreError> {
        let data = read_all(key, body).await?;
        let stored = Stored { data, written_at: clock::now(), timestamp: options.timestamp };
        let mut objects = self.objects();
        if options.only_if_absent && objects.contains_key(key) {
            return Err(StoreError::AlreadyExists { location: LOCATION.into(), key: key.clone() });
        }
        objects.insert(key.clone(), stored);
        Ok(())
    }

    async fn get(&self, key: &Key, range: ByteRange) -> Result<Box<dyn Chunks>, StoreError> {
        let data = self.find(key)?.data;
        let size = data.len() as u64;
        let bytes = range
            .within(size)
            .ok_or_else(|| failed("read", key, format!("bytes {range} are not all within its {size} bytes")))?;
        Ok(Box::new(Whole(data.slice(bytes.start as usize..bytes.end as usize))))
    }

    async fn head(&self, key: &Key) -> Result<Object, StoreError> {
        let stored = self.find(key)?;
        let modified_at = stored.timestamp.unwrap_or(stored.written_at);
        Ok(Object { key: key.clone(), size: stored.data.len() as u64, modified_at })
    }

    async fn list(&self, prefix: &str, after: Option<&Key>) -> Result<Box<dyn Pages + '_>, StoreError> {
        let first = Key::new(prefix);
        let from = match after {
            Some(after) if *after >= first => Bound::Excluded(after.clone()),
            _ => Bound::Included(first),
        };
        let listed = self
            .objects()
            .range((from, Bound::Unbounded))
            .take_while(|(key, _)| key.as_str().starts_with(prefix))
            .map(|(key, stored)| Object {
                key: key.clone(),
                size: stored.data.len() as u64,
                modified_at: stored.written_at,
            })
            .collect();
        Ok(Box::new(MemoryListing::new(listed)))
    }

    async fn copy(&self, from: &Key, to: &Key) -> Result<(), StoreError> {
        let copied = Stored { written_at: clock::now(), ..self.find(from)? };
        self.objects().insert(to.clone(), copied);
        Ok(())
    }

    async fn delete(&self, keys: &[Key]) -> Result<(), StoreError> {
        let mut objects = self.objects();
        for key in keys {
            objects.remove(key);
        }
        Ok(())
    }
}

async fn read_all(key: &Key, body: Body) -> Result<Bytes, StoreError> {
    let (path, size) = match body {
        Body::Bytes(bytes) => return Ok(bytes),
        Body::File { path, size } => (path, size),
    };
    let data = tokio::fs::read(&path)
        .await
        .map_err(|error| failed("write", key, format!("cannot read {}: {error}", path.display())))?;
    if data.len() as u64 != size {
        return Err(failed("write", key, format!("{} holds {} bytes, not {size}", path.display(), data.len())));
    }
    Ok(data.into())
}

fn failed(action: &'static str, key: &Key, problem: String) -> StoreError {
    StoreError::Failed { action, key: key.to_string(), location: LOCATION.into(), problem }
}

/// All the bytes as one chunk.
struct Whole(Bytes);

#[async_trait]
impl Chunks for Whole {
    async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        let chunk = std::mem::take(&mut self.0);
        Ok((!chunk.is_empty()).then_some(chunk))
    }
}
