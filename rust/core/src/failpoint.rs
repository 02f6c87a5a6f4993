//! Places where a crash or a race matters, for tests with the feature `failpoints`. The process kills itself at the
//! place in `LITESTREAM_KILL_AT`. It panics at the one in `LITESTREAM_PANIC_AT`, and waits at the one in
//! `LITESTREAM_PAUSE_AT`. Without the feature, nothing here is compiled.
//!
//! Own code instead of the crate `fail`: the process ends by SIGKILL, which runs no destructor and flushes nothing.

use std::{
    env,
    path::Path,
    process,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// `<place>:<n>`: kills the process when it reaches the place for the n-th time, from 1.
pub const VARIABLE: &str = "LITESTREAM_KILL_AT";

/// `<place>:<milliseconds>`, or several separated by commas: pauses each time the process reaches the place.
pub const PAUSE_VARIABLE: &str = "LITESTREAM_PAUSE_AT";

/// `<place>:<path>`, or several separated by commas: panics at the place while a file exists at `path`. `<place> of
/// <file name>` limits this to the database of that name, where the place knows it.
pub const PANIC_VARIABLE: &str = "LITESTREAM_PANIC_AT";

/// Every place of a replicator, in the order in which a transaction passes them.
pub const PLACES: &[&str] = &[
    "stage: before a leftover goes",
    "stage: before a page",
    "stage: before the fsync",
    "stage: before the rename",
    "stage: after the rename",
    "stage: after the fsync of the folder",
    "squash: before the fsync",
    "squash: before the rename",
    "squash: after the rename",
    "squash: before the removals",
    "squash: after the removals",
    "upload: before the PUT",
    "upload: after the PUT",
    "upload: before an acknowledgement",
    "upload: before a withdrawal",
    "upload: after a withdrawal",
    "start: before a withdrawal",
    "start: after a withdrawal",
    "store: before the fsync of a new folder",
    "store: before the fsync",
    "store: before the rename",
    "store: after the rename",
    "store: after the fsync of the folder",
    "store: before a removal",
    "multipart: before a part",
    "multipart: after a part",
    "multipart: before the completion",
    "multipart: after the completion",
    "checkpoint: before the first",
    "checkpoint: between the two",
    "checkpoint: without the read lock",
    "checkpoint: after the second",
    "checkpoint: after the write lock",
    "truncation: before",
    "truncation: after",
    "reading: before some pages",
    "page map: before the fsync of its header",
    "page map: in motion",
    "page map: before the fsync of its entries",
    "page map: before it stands",
    "page map: before the rename",
    "page map: after the rename",
    "page map: after the fsync of the folder",
    "stage: before a removal",
    "maintenance: before a leftover goes",
    "maintenance: before a merge",
    "maintenance: before a copy",
    "maintenance: after a copy",
    "maintenance: before the PUT of a merged file",
    "maintenance: after the PUT of a merged file",
    "maintenance: after a merge",
    "maintenance: before a deletion",
    "maintenance: after a deletion",
    "heal: before the PUT",
    "heal: after the PUT",
];

/// Every place of a restore.
pub const RESTORE_PLACES: &[&str] = &[
    "restore: before the fsync",
    "restore: before a rename aside",
    "restore: after a rename aside",
    "restore: before the rename",
    "restore: after the rename",
    "restore: after the fsync of the folder",
];

/// Places for panics. Each endless task passes its own one again and again.
pub const TASK_PLACES: &[&str] = &[
    "task: capture",
    "task: upload",
    "task: maintenance",
    "task: delivery of hints",
    "task: sample of the lag",
    "task: connection",
    "task: answer",
    "task: supervision",
];

static REACHED: AtomicU32 = AtomicU32::new(0);

/// Called by `failpoint!`. Does not return at the place named for a kill.
pub fn reach(place: &str, database: Option<&Path>) {
    let known = [PLACES, RESTORE_PLACES, TASK_PLACES].iter().any(|list| list.contains(&place));
    assert!(known, "BUG: {place} is not in the list");
    pause(place);
    panic_if_named(place, database);
    let Ok(named) = env::var(VARIABLE) else { return };
    let Some((name, time)) = named.rsplit_once(':') else { return };
    if name == place && REACHED.fetch_add(1, Ordering::SeqCst) + 1 == time.parse().unwrap_or(1) {
        // Lets the test receive what other threads report at this moment.
        std::thread::sleep(Duration::from_millis(30));
        // Nothing is flushed and no destructor runs, as at a power cut that spares the page cache.
        let _ = kill(Pid::from_raw(process::id() as i32), Signal::SIGKILL);
        loop {
            std::thread::park();
        }
    }
}

fn pause(place: &str) {
    let Ok(named) = env::var(PAUSE_VARIABLE) else { return };
    for (name, millis) in named.split(',').filter_map(|one| one.rsplit_once(':')) {
        if name == place {
            std::thread::sleep(Duration::from_millis(millis.parse().unwrap_or(0)));
        }
    }
}

fn panic_if_named(place: &str, database: Option<&Path>) {
    let Ok(named) = env::var(PANIC_VARIABLE) else { return };
    let database = database.and_then(Path::file_name).map(|name| format!("{place} of {}", name.to_string_lossy()));
    for (name, trigger) in named.split(',').filter_map(|one| one.rsplit_once(':')) {
        let is_named = name == place || Some(name) == database.as_deref();
        assert!(!(is_named && Path::new(trigger).exists()), "{PANIC_VARIABLE} names {name}");
    }
}
