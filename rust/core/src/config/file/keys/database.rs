//! Keys of a database.

use super::{replica::REPLICA, sections::SNAPSHOT, unsupported};
use crate::config::file::{
    entries::DatabaseEntry,
    fields::{Always, Listed, Nested, Optional},
    forms::{COUNT, DATABASE_PATH, DURATION, INTERVAL, PAGES_OR_NEVER, PATH, SIZE, SWITCH, TEXT},
    section::{KeySpec, Section, key, keys},
};

pub(super) const DATABASE: Section<DatabaseEntry> =
    Section { place: "a database", keys: &[KEYS, REPLICAS, unsupported::IN_DATABASE] };

const KEYS: &[KeySpec<DatabaseEntry>] = keys! { DatabaseEntry:
    "path": Optional(DATABASE_PATH, path) shown("storage/production.sqlite3")
        "The database file. A relative path starts at the application's root, or at the working directory; ~ is the \
         home directory.";
    "dir": Optional(PATH, dir) example("storage/tenants")
        "Instead of path: a directory, each database of which is replicated below the replica's path.";
    "pattern": Optional(TEXT, pattern) example("\"*.sqlite3\"")
        "With dir: the names of the files, as in a shell.";
    "recursive": Optional(SWITCH, recursive) example("true")
        "With dir: true searches the directories in it too. False unless set.";
    "meta-path": Optional(PATH, meta_path) example("storage/.production.sqlite3-litestream")
        "The folder of the local state. Unless set: .NAME-litestream next to the database.";
    "meta-dir": Optional(PATH, meta_dir) example("/var/lib/litestream")
        "With dir: the folder in which each database gets the folder of its local state.";
    "monitor-interval": Always(INTERVAL, settings.monitor_interval)
        "Time between two polls where the kernel does not report writes. Where it does, a safety poll runs every \
         30 intervals.";
    "checkpoint-interval": Always(DURATION, settings.checkpoint_interval)
        "Time after which a WAL with fewer pages than the minimum is checkpointed too. 0: after each capture.";
    "busy-timeout": Always(DURATION, settings.busy_timeout)
        "Longest wait for a lock that the application holds.";
    "min-checkpoint-page-count": Always(COUNT, settings.min_checkpoint_pages)
        "Pages in the WAL from which it is checkpointed.";
    "truncate-page-n": Always(PAGES_OR_NEVER, settings.truncate_pages)
        "Pages in the WAL from which a checkpoint also empties it, for which writers wait. Below 0: never.";
    "max-sync-wal-bytes": Always(SIZE, settings.max_sync_wal_bytes) shown("64MiB")
        "Longest stretch of the WAL that becomes one file, cut at a commit.";
    "restore-if-db-not-exists": Always(SWITCH, settings.restore_if_absent)
        "True restores the database from its replica where the file is missing at the start.";
    "snapshot": Nested(&SNAPSHOT, settings.maintenance)
        "For this database alone; unset keys are those of snapshot at the top.";
};

const REPLICAS: &[KeySpec<DatabaseEntry>] = &[
    key(
        &["replica"],
        &Nested(&REPLICA, DatabaseEntry::replica),
        "The replica: one bucket or directory for each database.",
    ),
    key(
        &["replicas"],
        &Listed {
            section: &REPLICA,
            push: DatabaseEntry::push_replica,
            list: |database: &mut DatabaseEntry| &mut database.replicas,
        },
        "Instead of replica: the list form of Litestream v0.3, with one element.",
    )
    .example("[{url: s3://backups/my-app/production}]"),
];
