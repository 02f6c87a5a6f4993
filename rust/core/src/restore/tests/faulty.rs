//! A store whose downloads, or listings, fail on request.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;

use crate::store::{Body, ByteRange, Chunks, Key, Object, Pages, PutOptions, Store, StoreError, memory::MemoryStore};

/// The fault of one download.
pub(crate) enum Fault {
    /// It fails at once.
    Refuse(StoreError),
    /// This many bytes arrive, then the connection breaks.
    Break(usize),
    /// It never answers.
    Hang,
    /// The object is deleted just before.
    Vanish,
}

type Script = dyn Fn(&Key, usize) -> Option<Fault> + Send + Sync;

pub(crate) struct FaultyStore {
    pub(crate) inner: Arc<MemoryStore>,
    script: Box<Script>,
    refused_listings: Option<StoreError>,
    pub(crate) reads: Mutex<Vec<(Key, ByteRange)>>,
}

impl FaultyStore {
    /// `script`: from a key and the number of downloads before this one to what shall happen.
    pub(crate) fn new(
        inner: Arc<MemoryStore>,
        script: impl Fn(&Key, usize) -> Option<Fault> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let script = Box::new(script);
        Arc::new(FaultyStore { inner, script, refused_listings: None, reads: Mutex::default() })
    }

    /// Every listing fails.
    pub(crate) fn without_listings(inner: Arc<MemoryStore>, error: StoreError) -> Arc<Self> {
        let script = Box::new(|_: &Key, _| None);
        Arc::new(FaultyStore { inner, script, refused_listings: Some(error), reads: Mutex::default() })
    }

    pub(crate) fn reads(&self) -> Vec<(Key, ByteRange)> {
        self.reads.lock().unwrap().clone()
    }
}

impl std::fmt::Debug for FaultyStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FaultyStore")
    }
}

pub(crate) fn unreachable() -> StoreError {
    StoreError::Unreachable { location: "memory://".into(), problem: "connection reset".into(), sent: true }
}

struct Broken(Option<Bytes>);

#[async_trait]
impl Chunks for Broken {
    async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        self.0.take().filter(|bytes| !bytes.is_empty()).map(Some).ok_or_else(unreachable)
    }
}

#[async_trait]
impl Store for FaultyStore {
    fn location(&self) -> String {
        self.inner.location()
    }

    async fn put(&self, key: &Key, body: Body, options: PutOptions) -> Result<(), StoreError> {
        self.inner.put(key, body, options).await
    }

    async fn get(&self, key: &Key, range: ByteRange) -> Result<Box<dyn Chunks>, StoreError> {
        let before = self.reads.lock().unwrap().len();
        self.reads.lock().unwrap().push((key.clone(), range));
        match (self.script)(key, before) {
            None => {}
            Some(Fault::Refuse(error)) => return Err(error),
            Some(Fault::Hang) => std::future::pending().await,
            Some(Fault::Vanish) => self.inner.delete(std::slice::from_ref(key)).await?,
            Some(Fault::Break(after)) => {
                let mut body = self.inner.get(key, range).await?;
                let mut bytes = Vec::new();
                while let Some(chunk) = body.next().await? {
                    bytes.extend_from_slice(&chunk);
                }
                bytes.truncate(after);
                return Ok(Box::new(Broken(Some(bytes.into()))));
            }
        }
        self.inner.get(key, range).await
    }

    async fn head(&self, key: &Key) -> Result<Object, StoreError> {
        self.inner.head(key).await
    }

    async fn list(&self, prefix: &str, after: Option<&Key>) -> Result<Box<dyn Pages + '_>, StoreError> {
        match &self.refused_listings {
            Some(error) => Err(error.clone()),
            None => self.inner.list(prefix, after).await,
        }
    }

    async fn copy(&self, from: &Key, to: &Key) -> Result<(), StoreError> {
        self.inner.copy(from, to).await
    }

    async fn delete(&self, keys: &[Key]) -> Result<(), StoreError> {
        self.inner.delete(keys).await
    }
}
