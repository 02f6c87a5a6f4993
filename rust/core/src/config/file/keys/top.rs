//! Keys at the top of the file.

use super::{
    database::DATABASE,
    replica::REPLICA_DEFAULTS,
    sections::{LEVEL, LOGGING, RETENTION, SNAPSHOT, SOCKET},
    unsupported,
};
use crate::config::file::{
    entries::ConfigFile,
    fields::{Always, Listed, Nested},
    forms::{DURATION, INTERVAL},
    section::{KeySpec, Section, key, keys},
};

pub(in crate::config::file) const TOP: Section<ConfigFile> = Section {
    place: "the top of the file",
    keys: &[
        KEYS,
        SOCKET_AND_LEVELS,
        REPLICA_DEFAULTS,
        unsupported::AT_TOP,
        unsupported::UnsupportedKeys::<ConfigFile>::OFFICIAL,
        unsupported::UnsupportedKeys::<ConfigFile>::OTHERS,
        DATABASES,
    ],
};

const KEYS: &[KeySpec<ConfigFile>] = keys! { ConfigFile:
    "logging": Nested(&LOGGING, logging)
        "The log, on standard error.";
    "shutdown-sync-timeout": Always(DURATION, shutdown_sync_timeout)
        "Longest time for the last uploads when the process is asked to end.";
    "snapshot": Nested(&SNAPSHOT, maintenance)
        "Whole copies of each database; also in a database, for that one alone.";
    "l0-retention": Always(DURATION, maintenance.retention.l0)
        "Time that a file of level 0 is kept after it was merged. 0 keeps it forever.";
    "l0-retention-check-interval": Always(INTERVAL, maintenance.l0_check_interval)
        "Time between two searches for files of level 0 to delete.";
    "retention": Nested(&RETENTION, maintenance)
        "Deletion of old files.";
};

const SOCKET_AND_LEVELS: &[KeySpec<ConfigFile>] = &[
    key(
        &["socket"],
        &Nested(&SOCKET, |file: &mut ConfigFile| file.socket.get_or_insert_default()),
        "The control socket, which commands such as `litestream list` and `litestream sync` use.",
    ),
    key(
        &["levels"],
        &Listed { section: &LEVEL, push: ConfigFile::push_level, list: |file: &mut ConfigFile| &mut file.levels },
        "Merging of small files into larger ones: one element for each level from 1 up, 8 at most. Unless set there \
         are three, at 30s, 5m and 1h.",
    )
    .shown("  - interval: 5m\n  - interval: 1h"),
];

const DATABASES: &[KeySpec<ConfigFile>] = &[key(
    &["dbs"],
    &Listed { section: &DATABASE, push: ConfigFile::push_database, list: |file: &mut ConfigFile| &mut file.databases },
    "The databases to replicate, each with its replica.",
)];
