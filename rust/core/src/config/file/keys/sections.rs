//! Keys of the small sections.

use crate::config::{
    file::{
        entries::{Level, Socket},
        fields::{Always, Official, Optional, Refused},
        forms::{DURATION, INTERVAL, LOG_LEVEL, LOG_TYPE, PATH, SWITCH},
        outline::NoEffect,
        section::{Section, key},
    },
    maintenance::MaintenanceConfig,
    official::OfficialKeys,
    types::Logging,
};

pub(super) const LOGGING: Section<Logging> = Section {
    place: "logging",
    keys: &[&[
        key(
            "level",
            &Always(LOG_LEVEL, |logging: &mut Logging| &mut logging.level),
            "The least important messages that are logged. The variable LOG_LEVEL wins.",
        ),
        key("type", &Always(LOG_TYPE, |logging: &mut Logging| &mut logging.json), "Lines of text or of JSON."),
        key(
            "stderr",
            &Official(SWITCH, |logging: &mut Logging| &mut logging.official),
            "Log to standard error rather than standard output; ours always does.",
        ),
        key(
            "source",
            &Official(SWITCH, |logging: &mut Logging| &mut logging.official),
            "Add the line of the source code.",
        ),
    ]],
};

pub(super) const SOCKET: Section<Socket> = Section {
    place: "socket",
    keys: &[&[
        key(
            "enabled",
            &Optional(SWITCH, |socket: &mut Socket| &mut socket.enabled),
            "False switches it off. In a Rails application it is on without this section; for the executable alone it \
             is on where this section stands.",
        )
        .shown("true"),
        key(
            "path",
            &Optional(PATH, |socket: &mut Socket| &mut socket.path),
            "The file of the socket. A Rails application has its own default, see config.litestream.socket_path.",
        )
        .shown("/var/run/litestream.sock"),
        key(
            "permissions",
            &NoEffect { reason: "only the owner can use the socket (0600)", instead: None },
            "Permissions of the file.",
        ),
    ]],
};

pub(super) const LEVEL: Section<Level> = Section {
    place: "levels[]",
    keys: &[
        &[key(
            "interval",
            &Optional(INTERVAL, |level: &mut Level| &mut level.interval),
            "Time between two merges of the level below into this one.",
        )
        .shown("30s")],
        &[key(
            "retention",
            &Refused(
                "a level has no retention of its own: snapshot.retention says how long snapshots and merged files stay, l0-retention \
                 how long files of level 0 do",
            ),
            "Time that files of the level are kept.",
        )],
    ],
};

pub(super) const SNAPSHOT: Section<MaintenanceConfig> = Section {
    place: "snapshot",
    keys: &[&[
        key(
            "interval",
            &Always(INTERVAL, |maintenance: &mut MaintenanceConfig| &mut maintenance.snapshot_interval),
            "Time between two snapshots. A restore reads one of them and the changes since.",
        ),
        key(
            "retention",
            &Always(INTERVAL, |maintenance: &mut MaintenanceConfig| &mut maintenance.retention.snapshots),
            "Every moment that is not longer ago can be restored.",
        ),
    ]],
};

pub(super) const RETENTION: Section<MaintenanceConfig> = Section {
    place: "retention",
    keys: &[&[key(
        "enabled",
        &Always(SWITCH, |maintenance: &mut MaintenanceConfig| &mut maintenance.delete),
        "False deletes nothing from the replica; a rule of the bucket has to.",
    )]],
};

pub(super) const VALIDATION: Section<OfficialKeys> = Section {
    place: "validation",
    keys: &[&[key(
        "interval",
        &Official(DURATION, |validation: &mut OfficialKeys| validation),
        "Time between two checks that the replica's files are continuous.",
    )]],
};
