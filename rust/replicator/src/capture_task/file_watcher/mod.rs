//! Hints that something was written, from the kernel, so that an idle database costs next to nothing and a first commit
//! is seen at once. A hint may come too early, too often, or (on network file systems) never: it only says that it is
//! worth a look. [`crate::capture_task::poll_schedule`] decides when to look.
//!
//! While the hints are not delivered, databases are looked at on a clock.
//!
//! One instance and one task for the process; a database costs two watches. Each watch is good for one hint and is then
//! renewed, so that a busy database does not wake us for every write. That is why this is own code instead of the crate
//! `notify`, which keeps its watches armed.

#[cfg_attr(any(target_os = "linux", target_os = "android"), path = "inotify.rs")]
#[cfg_attr(not(any(target_os = "linux", target_os = "android")), path = "kqueue.rs")]
mod system;

use std::{
    collections::HashMap,
    convert::Infallible,
    fs::File,
    future, io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use litestream_core::{Error, Result, failpoint};
use tokio::sync::Notify;

use crate::supervise::Task;
use system::{Id, Queue};

/// The process's source of hints.
pub struct FileWatcher {
    /// `None`: the kernel has none for us.
    queue: Option<Queue>,
    bells: Mutex<HashMap<Id, Arc<Ring>>>,
    /// The delivery failed and is not started again yet.
    is_interrupted: AtomicBool,
}

/// The task that delivers hints.
pub struct Delivery(pub Arc<FileWatcher>);

/// One database's hints.
pub struct Watch {
    watcher: Arc<FileWatcher>,
    ring: Arc<Ring>,
    watches: Mutex<[Option<Id>; 2]>,
}

#[derive(Default)]
struct Ring {
    rung: Notify,
    replaced: AtomicBool,
}

/// A change of a watched file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Written,
    /// Unlinked or renamed, or something like it.
    Replaced,
}

impl FileWatcher {
    /// Never fails: without hints databases are looked at on a clock.
    pub fn new() -> Arc<Self> {
        let queue = Queue::new().inspect_err(|error| {
            tracing::warn!(%error, "the kernel gives no hints of writes; databases are looked at every monitor-interval");
        });
        Arc::new(FileWatcher { queue: queue.ok(), bells: Mutex::default(), is_interrupted: AtomicBool::new(false) })
    }

    /// Delivers hints until it is dropped. An error: the kernel gives none any more.
    pub async fn deliver(&self) -> Result<Infallible> {
        let Some(queue) = &self.queue else { return future::pending().await };
        self.is_interrupted.store(false, Ordering::Relaxed);
        loop {
            let changes = queue.next().await.map_err(Error::io("wait for", "hints of writes"))?;
            failpoint!("task: delivery of hints");
            let bells = self.bells();
            for (id, change) in changes {
                match id {
                    Some(id) => bells.get(&id).into_iter().for_each(|ring| ring.ring(change)),
                    // Some were lost.
                    None => bells.values().for_each(|ring| ring.ring(change)),
                }
            }
        }
    }

    /// Hints were lost, and none will come for a while.
    fn interrupt(&self) {
        self.is_interrupted.store(true, Ordering::Relaxed);
        self.bells().values().for_each(|ring| ring.ring(Change::Written));
    }

    pub fn file_watch(self: &Arc<Self>) -> Watch {
        Watch { watcher: Arc::clone(self), ring: Arc::default(), watches: Mutex::default() }
    }

    fn bells(&self) -> MutexGuard<'_, HashMap<Id, Arc<Ring>>> {
        self.bells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Task for Delivery {
    fn name(&self) -> &'static str {
        "delivery of the kernel's hints of writes"
    }

    async fn run(&mut self) -> Result<()> {
        match self.0.deliver().await? {}
    }

    fn failed(&mut self, _: &Arc<Error>) {
        self.0.interrupt();
    }
}

impl Ring {
    fn ring(&self, change: Change) {
        if change == Change::Replaced {
            self.replaced.store(true, Ordering::Relaxed);
        }
        self.rung.notify_one();
    }
}

impl Watch {
    /// From now on the next change of either file rings, once. To be called before each look, or what happens between
    /// look and call is missed. False: there are no hints.
    pub fn arm(&self, database: &File, wal: &File) -> bool {
        let Some(queue) = &self.watcher.queue else { return false };
        if self.watcher.is_interrupted.load(Ordering::Relaxed) {
            return false;
        }
        // Held throughout: a hint may come before its watch is known.
        let mut bells = self.watcher.bells();
        let mut watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        let mut watch = |place: usize, watched: io::Result<Id>| -> io::Result<()> {
            let id = watched?;
            if let Some(old) = watches[place].replace(id).filter(|&old| old != id) {
                bells.remove(&old);
            }
            bells.insert(id, Arc::clone(&self.ring));
            Ok(())
        };
        let armed = watch(0, queue.watch(database, false)).and_then(|()| watch(1, queue.watch(wal, true)));
        armed.inspect_err(|error| tracing::debug!(%error, "no hints of writes")).is_ok()
    }

    /// Resolves at an event; at once for one that came before the call.
    pub async fn rung(&self) {
        self.ring.rung.notified().await;
    }

    /// True if a file was unlinked or renamed since the last call.
    pub fn take_replaced(&self) -> bool {
        self.ring.replaced.swap(false, Ordering::Relaxed)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut bells = self.watcher.bells();
        let watches = self.watches.get_mut().unwrap_or_else(PoisonError::into_inner);
        for id in watches.iter_mut().filter_map(Option::take) {
            bells.remove(&id);
            if let Some(queue) = &self.watcher.queue {
                queue.forget(id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{fs, io::Write, time::Duration};

    use tokio::time::timeout;

    use super::*;

    struct Watched {
        folder: tempfile::TempDir,
        watcher: Arc<FileWatcher>,
        file_watch: Watch,
        files: [File; 2],
    }

    impl Watched {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let [database, wal] = ["db", "db-wal"].map(|name| folder.path().join(name));
            let files = [File::create(&database).unwrap(), File::create(&wal).unwrap()];
            let watcher = FileWatcher::new();
            Watched { folder, file_watch: watcher.file_watch(), watcher, files }
        }

        fn arm(&self) {
            assert!(self.file_watch.arm(&self.files[0], &self.files[1]));
        }

        async fn rings(&self) -> bool {
            self.rings_within(Duration::from_secs(10)).await
        }

        /// True if no event comes for a while.
        async fn stays_still(&self) -> bool {
            !self.rings_within(Duration::from_millis(300)).await
        }

        async fn rings_within(&self, limit: Duration) -> bool {
            tokio::select! {
                rung = timeout(limit, self.file_watch.rung()) => rung.is_ok(),
                ended = self.watcher.deliver() => ended.map(|never| match never {}).unwrap(),
            }
        }
    }

    #[tokio::test]
    async fn a_write_rings_once_until_it_is_armed_again() {
        let watched = Watched::new();
        let mut wal = &watched.files[1];
        wal.write_all(b"before").unwrap();
        watched.arm();
        assert!(watched.stays_still().await, "nothing since");
        wal.write_all(b"one").unwrap();
        assert!(watched.rings().await);
        for _ in 0..100 {
            wal.write_all(b"more").unwrap();
        }
        assert!(watched.stays_still().await, "not armed");
        watched.arm();
        watched.arm();
        wal.write_all(b"again").unwrap();
        assert!(watched.rings().await);
        assert!(!watched.file_watch.take_replaced());
    }

    #[tokio::test]
    async fn a_file_that_goes_rings_as_replaced() {
        for name in ["db", "db-wal"] {
            let watched = Watched::new();
            watched.arm();
            fs::rename(watched.folder.path().join(name), watched.folder.path().join("aside")).unwrap();
            assert!(watched.rings().await && watched.file_watch.take_replaced());
            watched.arm();
            fs::remove_file(watched.folder.path().join("aside")).unwrap();
            assert!(watched.rings().await && watched.file_watch.take_replaced(), "although it is still open");
        }
    }

    #[tokio::test]
    async fn an_interrupted_delivery_rings_once_and_listens_to_nothing_until_it_goes_on() {
        let watched = Watched::new();
        watched.arm();
        watched.watcher.interrupt();
        assert!(timeout(Duration::from_secs(10), watched.file_watch.rung()).await.is_ok(), "hints may have been lost");
        assert!(!watched.file_watch.arm(&watched.files[0], &watched.files[1]), "the clock counts");
        assert!(watched.stays_still().await);
        watched.arm();
        (&watched.files[1]).write_all(b"again").unwrap();
        assert!(watched.rings().await);
    }

    #[tokio::test]
    async fn a_bell_leaves_nothing_behind() {
        let watched = Watched::new();
        let Watched { watcher, file_watch, files, .. } = watched;
        assert!(file_watch.arm(&files[0], &files[1]));
        drop(file_watch);
        assert!(watcher.bells().is_empty());
    }
}
