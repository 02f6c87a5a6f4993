//! Keys of a database.

use super::{replica::REPLICA, sections::SNAPSHOT, unsupported};
use crate::config::file::{
    entries::Database,
    fields::{Always, Listed, Nested, Optional},
    forms::{COUNT, DATABASE_PATH, DURATION, INTERVAL, PAGES_OR_NEVER, PATH, SIZE, SWITCH, TEXT},
    section::{Key, Section, key},
};

pub(super) const DATABASE: Section<Database> = Section { place: "a database", keys: &[KEYS, unsupported::IN_DATABASE] };

const KEYS: &[Key<Database>] = &[
    key(
        "path",
        &Optional(DATABASE_PATH, |database: &mut Database| &mut database.path),
        "The database file. A relative path starts at the application's root, or at the working directory; ~ is the \
         home directory.",
    )
    .shown("storage/production.sqlite3"),
    key(
        "dir",
        &Optional(PATH, |database: &mut Database| &mut database.dir),
        "Instead of path: a directory, each database of which is replicated below the replica's path.",
    )
    .example("storage/tenants"),
    key(
        "pattern",
        &Optional(TEXT, |database: &mut Database| &mut database.pattern),
        "Beside dir: the names of the files, as in a shell.",
    )
    .example("\"*.sqlite3\""),
    key(
        "recursive",
        &Optional(SWITCH, |database: &mut Database| &mut database.recursive),
        "Beside dir: whether directories in it are searched too. False unless set.",
    )
    .example("true"),
    key(
        "meta-path",
        &Optional(PATH, |database: &mut Database| &mut database.meta_path),
        "The folder of the local state. Unless set it lies beside the database, as .NAME-litestream.",
    )
    .example("storage/.production.sqlite3-litestream"),
    key(
        "meta-dir",
        &Optional(PATH, |database: &mut Database| &mut database.meta_dir),
        "Beside dir: the folder in which each database gets the folder of its local state.",
    )
    .example("/var/lib/litestream"),
    key(
        "monitor-interval",
        &Always(INTERVAL, |database: &mut Database| &mut database.settings.monitor_interval),
        "Time between two looks at the database where the kernel does not report writes. Where it does, a look without \
         a report comes 30 times as rarely.",
    ),
    key(
        "checkpoint-interval",
        &Always(DURATION, |database: &mut Database| &mut database.settings.checkpoint_interval),
        "Time after which a WAL with fewer pages than the minimum is checkpointed too. 0: after each capture.",
    ),
    key(
        "busy-timeout",
        &Always(DURATION, |database: &mut Database| &mut database.settings.busy_timeout),
        "Longest wait for a lock that the application holds.",
    ),
    key(
        "min-checkpoint-page-count",
        &Always(COUNT, |database: &mut Database| &mut database.settings.min_checkpoint_pages),
        "Pages in the WAL from which it is checkpointed.",
    ),
    key(
        "truncate-page-n",
        &Always(PAGES_OR_NEVER, |database: &mut Database| &mut database.settings.truncate_pages),
        "Pages in the WAL from which a checkpoint also empties it, for which writers wait. Below 0: never.",
    ),
    key(
        "max-sync-wal-bytes",
        &Always(SIZE, |database: &mut Database| &mut database.settings.max_sync_wal_bytes),
        "Longest stretch of the WAL that becomes one file, cut at a commit.",
    )
    .shown("64MiB"),
    key(
        "restore-if-db-not-exists",
        &Always(SWITCH, |database: &mut Database| &mut database.settings.restore_if_absent),
        "True restores the database from its replica where the file is missing at the start.",
    ),
    key(
        "snapshot",
        &Nested(&SNAPSHOT, |database: &mut Database| &mut database.settings.maintenance),
        "For this database alone; unset keys are those of snapshot at the top.",
    ),
    key("replica", &Nested(&REPLICA, Database::replica), "The replica: one bucket or directory for each database."),
    key(
        "replicas",
        &Listed {
            section: &REPLICA,
            push: Database::push_replica,
            list: |database: &mut Database| &mut database.replicas,
        },
        "Instead of replica, as Litestream v0.3 has it: a list, of one element.",
    )
    .example("[{url: s3://backups/my-app/production}]"),
];
