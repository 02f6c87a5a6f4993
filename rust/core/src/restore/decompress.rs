//! The threads that decompress pages. Slices are queued in file order and decompressed by any free thread. They are
//! checked in file order: each waits for the tally of the slice before it, and passes it on.

use std::{
    ops::Range,
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    thread,
};

use ltx::{PageSize, Slice, Tally};

use super::sink::PageSink;
use crate::{Error, replica::ReplicaFile};

/// Bytes of pages in one slice; consecutive pages are one write.
pub(super) const SLICE_BYTES: usize = 512 << 10;

/// Most threads. Each holds a slice and its decompressed pages.
const THREADS: usize = 8;

/// Slices in the queue, besides those in progress.
const WAITING: usize = 2;

/// A queued slice and its handling.
pub(super) struct SliceJob {
    pub(super) file: ReplicaFile,
    pub(super) page_size: PageSize,
    pub(super) slice: Slice,
    /// The wanted pages by their place in the slice: runs of consecutive page numbers.
    pub(super) wanted: Vec<Range<usize>>,
    pub(super) turn: Turn,
}

/// The order of the checks: each slice waits for the tally of the slice before it.
pub(super) struct Turn {
    before: Receiver<Tally>,
    after: SyncSender<Tally>,
}

/// The end of the chain of one file's slices.
pub(super) struct Turns {
    last: Receiver<Tally>,
}

impl Turns {
    pub(super) fn new(first: Tally) -> Self {
        let (sender, last) = sync_channel(1);
        // The receiver is in scope.
        let _ = sender.send(first);
        Turns { last }
    }

    pub(super) fn next(&mut self) -> Turn {
        let (after, last) = sync_channel(1);
        Turn { before: std::mem::replace(&mut self.last, last), after }
    }
}

/// The caller's end of the threads' queues: hands out empty slices and takes filled ones.
pub(super) struct SliceQueue<'a> {
    empty: Receiver<Slice>,
    jobs: Sender<SliceJob>,
    failure: &'a Mutex<Option<Error>>,
}

impl SliceQueue<'_> {
    /// Returns a slice to fill once one is free, which bounds how far cutting runs ahead. `None` after a failure.
    pub(super) fn slice(&self) -> Option<Slice> {
        self.empty.recv().ok().filter(|_| lock(self.failure).is_none())
    }

    pub(super) fn submit(&self, job: SliceJob) {
        // The threads live as long as this sender.
        let _ = self.jobs.send(job);
    }
}

/// Runs `cut` with threads behind it that pass the wanted pages to `sink`. Returns once all submitted slices are
/// decompressed and checked. A thread's error takes precedence over the error of `cut`.
pub(super) fn decompressing<S: PageSink, T, E: From<Error>>(
    location: &str,
    sink: &S,
    cut: impl FnOnce(&SliceQueue) -> Result<T, E>,
) -> Result<T, E> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(THREADS);
    let failure = Mutex::new(None);
    let (jobs, waiting) = channel();
    let (free, empty) = channel();
    for _ in 0..threads + WAITING {
        let _ = free.send(Slice::default());
    }
    let decompressor = Decompressor { location, sink, waiting: Mutex::new(waiting), failure: &failure };
    let done = thread::scope(|scope| {
        for _ in 0..threads {
            let (decompressor, free) = (&decompressor, free.clone());
            scope.spawn(move || decompressor.run(&free));
        }
        drop(free);
        cut(&SliceQueue { empty, jobs, failure: &failure })
    });
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error.into()),
        None => done,
    }
}

struct Decompressor<'a, S> {
    location: &'a str,
    sink: &'a S,
    waiting: Mutex<Receiver<SliceJob>>,
    failure: &'a Mutex<Option<Error>>,
}

impl<S: PageSink> Decompressor<'_, S> {
    fn run(&self, free: &Sender<Slice>) {
        let mut expanded = Vec::new();
        while let Some(job) = self.next() {
            if lock(self.failure).is_none()
                && let Err(error) = self.expand(&job, &mut expanded)
            {
                lock(self.failure).get_or_insert(error);
            }
            // Unused once all files are cut.
            let _ = free.send(job.slice);
        }
    }

    fn next(&self) -> Option<SliceJob> {
        lock(&self.waiting).recv().ok()
    }

    fn expand(&self, job: &SliceJob, expanded: &mut Vec<u8>) -> Result<(), Error> {
        let corrupt = |error: ltx::Error| job.file.corrupt(self.location, error.to_string());
        job.slice.expand(expanded).map_err(corrupt)?;
        let Ok(mut tally) = job.turn.before.recv() else {
            // The slice before this one failed and reported its error.
            return Ok(());
        };
        job.slice.prove(expanded, &mut tally).map_err(corrupt)?;
        // No slice waits after the last one of a file.
        let _ = job.turn.after.send(tally);
        let page_bytes = job.page_size.bytes();
        for run in &job.wanted {
            let first = job.slice.page(run.start);
            self.sink.pages(job.page_size, first, &expanded[run.start * page_bytes..run.end * page_bytes])?;
        }
        Ok(())
    }
}

/// Locks a mutex even if it is poisoned: it holds a single value, which a panic cannot leave half written.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
