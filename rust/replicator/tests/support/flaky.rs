//! A store that fails on demand.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use litestream_core::store::{
    Body, ByteRange, Chunks, Key, Object, Pages, PutOptions, Store, StoreError, memory::MemoryStore,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    Fair,
    /// Nothing is done, everything fails.
    Down,
    /// The next upload is done and reported as failed, once.
    LoseNextAnswer,
    /// The next upload to a key that holds this text is done and reported as failed, once.
    LoseAnswerFor(&'static str),
    /// Uploads to keys that hold this text fail.
    Refuse(&'static str),
    /// The next deletion stops halfway and is reported as failed, once.
    DeleteHalf,
}

#[derive(Debug)]
pub struct Flaky {
    pub inner: MemoryStore,
    weather: Mutex<Weather>,
}

impl Flaky {
    pub fn new() -> Arc<Self> {
        Arc::new(Flaky { inner: MemoryStore::new(), weather: Mutex::new(Weather::Fair) })
    }

    pub fn is_fair(&self) -> bool {
        *self.weather.lock().unwrap() == Weather::Fair
    }

    pub fn set(&self, weather: Weather) {
        *self.weather.lock().unwrap() = weather;
    }

    fn up(&self) -> Result<(), StoreError> {
        match *self.weather.lock().unwrap() {
            Weather::Down => Err(lost()),
            _ => Ok(()),
        }
    }
}

fn lost() -> StoreError {
    StoreError::Unreachable { location: "flaky://".into(), problem: "connection reset".into(), sent: true }
}

#[async_trait]
impl Store for Flaky {
    fn location(&self) -> String {
        "flaky://".into()
    }

    async fn put(&self, key: &Key, body: Body, options: PutOptions) -> Result<(), StoreError> {
        self.up()?;
        if matches!(*self.weather.lock().unwrap(), Weather::Refuse(text) if key.as_str().contains(text)) {
            return Err(lost());
        }
        self.inner.put(key, body, options).await?;
        let mut weather = self.weather.lock().unwrap();
        let loses = match *weather {
            Weather::LoseNextAnswer => true,
            Weather::LoseAnswerFor(text) => key.as_str().contains(text),
            _ => false,
        };
        if loses {
            *weather = Weather::Fair;
            return Err(lost());
        }
        Ok(())
    }

    async fn get(&self, key: &Key, range: ByteRange) -> Result<Box<dyn Chunks>, StoreError> {
        self.up()?;
        self.inner.get(key, range).await
    }

    async fn head(&self, key: &Key) -> Result<Object, StoreError> {
        self.up()?;
        self.inner.head(key).await
    }

    async fn list(&self, prefix: &str, after: Option<&Key>) -> Result<Box<dyn Pages + '_>, StoreError> {
        self.up()?;
        self.inner.list(prefix, after).await
    }

    async fn copy(&self, from: &Key, to: &Key) -> Result<(), StoreError> {
        self.up()?;
        self.inner.copy(from, to).await
    }

    async fn delete(&self, keys: &[Key]) -> Result<(), StoreError> {
        self.up()?;
        if *self.weather.lock().unwrap() == Weather::DeleteHalf && keys.len() > 1 {
            self.set(Weather::Fair);
            self.inner.delete(&keys[..keys.len() / 2]).await?;
            return Err(lost());
        }
        self.inner.delete(keys).await
    }
}
