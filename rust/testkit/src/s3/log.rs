//! Every request that reached the server, in the order of arrival, and sums by operation.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use serde::Serialize;

use super::operation::{Operation, Target};

/// Requests kept in the log; older ones only live on in the sums.
const KEPT: usize = 100_000;

/// One request in the log.
#[derive(Debug, Clone, Serialize)]
pub struct Request {
    /// Counts from 1 in the order of arrival.
    pub number: u64,
    /// The requested operation.
    pub operation: Operation,
    /// Bucket, where the request names one.
    pub bucket: Option<String>,
    /// Key, decoded, where the request names one.
    pub key: Option<String>,
    /// Query string as sent.
    pub query: String,
    /// Status of the answer; `None` while there is none, or when the connection was closed instead.
    pub status: Option<u16>,
    /// Bytes of the request's body, with chunk framing.
    pub bytes_in: u64,
    /// Bytes of the answer's body.
    pub bytes_out: u64,
    /// True if a fault rule acted on it.
    pub faulted: bool,
    /// Milliseconds since 1970 at arrival.
    pub at_milliseconds: u64,
}

/// Sums over the requests of one operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Requests that arrived.
    pub requests: u64,
    /// Requests that were answered with a status below 400.
    pub succeeded: u64,
    /// Bytes of the requests' bodies.
    pub bytes_in: u64,
    /// Bytes of the answers' bodies.
    pub bytes_out: u64,
}

/// The log of a server.
#[derive(Debug, Default)]
pub struct RequestLog {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    last_number: u64,
    entries: VecDeque<Arc<Entry>>,
    /// Sums over the entries that no longer fit.
    forgotten: BTreeMap<Operation, Count>,
}

/// A request on its way; the gate and the bodies write to it.
#[derive(Debug)]
pub(super) struct Entry {
    number: u64,
    target: Target,
    query: String,
    arrived: SystemTime,
    /// 0 while there is no answer.
    status: AtomicU16,
    faulted: AtomicBool,
    pub(super) bytes_in: AtomicU64,
    pub(super) bytes_out: AtomicU64,
}

impl Entry {
    pub(super) fn answered(&self, status: http::StatusCode) {
        self.status.store(status.as_u16(), Ordering::SeqCst);
    }

    pub(super) fn faulted(&self) {
        self.faulted.store(true, Ordering::SeqCst);
    }

    fn view(&self) -> Request {
        let status = self.status.load(Ordering::SeqCst);
        let since_1970 = self.arrived.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Request {
            number: self.number,
            operation: self.target.operation,
            bucket: self.target.bucket.clone(),
            key: self.target.key.clone(),
            query: self.query.clone(),
            status: (status != 0).then_some(status),
            bytes_in: self.bytes_in.load(Ordering::SeqCst),
            bytes_out: self.bytes_out.load(Ordering::SeqCst),
            faulted: self.faulted.load(Ordering::SeqCst),
            at_milliseconds: u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX),
        }
    }

    fn add_to(&self, sums: &mut BTreeMap<Operation, Count>) {
        let sum = sums.entry(self.target.operation).or_default();
        let status = self.status.load(Ordering::SeqCst);
        sum.requests += 1;
        sum.succeeded += u64::from((1..400).contains(&status));
        sum.bytes_in += self.bytes_in.load(Ordering::SeqCst);
        sum.bytes_out += self.bytes_out.load(Ordering::SeqCst);
    }
}

impl RequestLog {
    /// All requests still kept, oldest first.
    pub fn all(&self) -> Vec<Request> {
        self.after(0)
    }

    /// The requests with a number above `number`.
    pub fn after(&self, number: u64) -> Vec<Request> {
        let inner = self.lock();
        inner.entries.iter().filter(|entry| entry.number > number).map(|entry| entry.view()).collect()
    }

    /// The requests of one operation.
    pub fn of(&self, operation: Operation) -> Vec<Request> {
        let mut all = self.all();
        all.retain(|request| request.operation == operation);
        all
    }

    /// How many requests of one operation arrived.
    pub fn count(&self, operation: Operation) -> u64 {
        self.counts().get(&operation).map_or(0, |count| count.requests)
    }

    /// How many requests arrived.
    pub fn total(&self) -> u64 {
        self.counts().values().map(|count| count.requests).sum()
    }

    /// Sums by operation.
    pub fn counts(&self) -> BTreeMap<Operation, Count> {
        let inner = self.lock();
        let mut sums = inner.forgotten.clone();
        for entry in &inner.entries {
            entry.add_to(&mut sums);
        }
        sums
    }

    /// Waits until `done` holds of the sums; false if it does not within `limit`.
    pub fn wait_until(&self, limit: Duration, done: impl Fn(&BTreeMap<Operation, Count>) -> bool) -> bool {
        let end = Instant::now() + limit;
        loop {
            if done(&self.counts()) {
                return true;
            }
            if Instant::now() >= end {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until no request of this operation arrived for `quiet`; false if that takes longer than
    /// `limit`. For peers that do not say when they are done.
    pub fn wait_until_quiet(&self, operation: Operation, quiet: Duration, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        let (mut count, mut since) = (self.count(operation), Instant::now());
        while since.elapsed() < quiet {
            if Instant::now() >= end {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
            let now = self.count(operation);
            if now != count {
                (count, since) = (now, Instant::now());
            }
        }
        true
    }

    /// Forgets everything; numbers go on.
    pub fn clear(&self) {
        let mut inner = self.lock();
        inner.entries.clear();
        inner.forgotten.clear();
    }

    pub(super) fn arrived(&self, target: Target, query: &str) -> Arc<Entry> {
        let mut inner = self.lock();
        inner.last_number += 1;
        let entry = Arc::new(Entry {
            number: inner.last_number,
            target,
            query: query.to_owned(),
            arrived: SystemTime::now(),
            status: AtomicU16::new(0),
            faulted: false.into(),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
        });
        inner.entries.push_back(Arc::clone(&entry));
        if inner.entries.len() > KEPT {
            let Inner { entries, forgotten, .. } = &mut *inner;
            if let Some(oldest) = entries.pop_front() {
                oldest.add_to(forgotten);
            }
        }
        entry
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
