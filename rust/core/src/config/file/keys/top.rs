//! Keys at the top of the file.

use super::{
    database::DATABASE,
    replica::REPLICA_DEFAULTS,
    sections::{LEVEL, LOGGING, RETENTION, SNAPSHOT, SOCKET},
    unsupported,
};
use crate::config::file::{
    entries::File,
    fields::{Always, Listed, Nested},
    forms::{DURATION, INTERVAL},
    section::{Key, Section, key},
};

pub(in crate::config::file) const TOP: Section<File> = Section {
    place: "the top of the file",
    keys: &[KEYS, REPLICA_DEFAULTS, unsupported::AT_TOP, unsupported::SharedKeys::<File>::ALL, DATABASES],
};

const KEYS: &[Key<File>] = &[
    key("logging", &Nested(&LOGGING, |file: &mut File| &mut file.logging), "The log, on standard error."),
    key(
        "socket",
        &Nested(&SOCKET, |file: &mut File| file.socket.get_or_insert_default()),
        "The control socket, which commands such as `litestream list` and `litestream sync` ask.",
    ),
    key(
        "shutdown-sync-timeout",
        &Always(DURATION, |file: &mut File| &mut file.shutdown_sync_timeout),
        "Longest time for the last uploads when the process is asked to end.",
    ),
    key(
        "levels",
        &Listed { section: &LEVEL, push: File::push_level, list: |file: &mut File| &mut file.levels },
        "Merging of small files into larger ones: one element for each level from 1 up, 8 at most. Unless set there \
         are three, at 30s, 5m and 1h.",
    )
    .shown("  - interval: 5m\n  - interval: 1h"),
    key(
        "snapshot",
        &Nested(&SNAPSHOT, |file: &mut File| &mut file.maintenance),
        "Whole copies of each database; also in a database, for that one alone.",
    ),
    key(
        "l0-retention",
        &Always(DURATION, |file: &mut File| &mut file.maintenance.retention.l0),
        "Time that a file of level 0 is kept after it was merged. 0 keeps it for ever.",
    ),
    key(
        "l0-retention-check-interval",
        &Always(INTERVAL, |file: &mut File| &mut file.maintenance.l0_check_interval),
        "Time between two searches for files of level 0 to delete.",
    ),
    key("retention", &Nested(&RETENTION, |file: &mut File| &mut file.maintenance), "Deletion of old files."),
];

const DATABASES: &[Key<File>] = &[key(
    "dbs",
    &Listed { section: &DATABASE, push: File::push_database, list: |file: &mut File| &mut file.databases },
    "The databases to replicate, each with its replica.",
)];
