//! Keys of the small sections.

use crate::config::{
    file::{
        entries::{LevelEntry, SocketEntry},
        fields::{Always, Official, Optional, Refused},
        forms::{DURATION, INTERVAL, LOG_LEVEL, LOG_TYPE, PATH, SWITCH},
        outline::NoEffect,
        section::{Section, key, keys, unused},
    },
    maintenance::MaintenanceConfig,
    official::OfficialKeys,
    types::Logging,
};

pub(super) const LOGGING: Section<Logging> = Section {
    place: "logging",
    keys: &[keys! { Logging:
        "level": Always(LOG_LEVEL, level)
            "The least important messages that are logged. The variable LOG_LEVEL wins.";
        "type": Always(LOG_TYPE, json)
            "Lines of text or of JSON.";
        "stderr": Official(SWITCH, official)
            "Log to standard error rather than standard output; ours always does.";
        "source": Official(SWITCH, official)
            "Add the line of the source code.";
    }],
};

pub(super) const SOCKET: Section<SocketEntry> = Section {
    place: "socket",
    keys: &[
        keys! { SocketEntry:
            "enabled": Optional(SWITCH, enabled) shown("true")
                "False switches it off. In a Rails application it is on without this section; for the executable alone, \
                 this section switches it on.";
            "path": Optional(PATH, path) shown("/var/run/litestream.sock")
                "The file of the socket. A Rails application has its own default, see config.litestream.socket_path.";
        },
        &[unused(&["permissions"], &NoEffect::because("only the owner can use the socket (0600)"))],
    ],
};

pub(super) const LEVEL: Section<LevelEntry> = Section {
    place: "levels[]",
    keys: &[
        keys! { LevelEntry:
            "interval": Optional(INTERVAL, interval) shown("30s")
                "Time between two merges of the level below into this one.";
        },
        &[unused(
            &["retention"],
            &Refused(
                "a level has no retention of its own: snapshot.retention says how long snapshots and merged files \
                 stay, l0-retention how long files of level 0 do",
            ),
        )],
    ],
};

pub(super) const SNAPSHOT: Section<MaintenanceConfig> = Section {
    place: "snapshot",
    keys: &[keys! { MaintenanceConfig:
        "interval": Always(INTERVAL, snapshot_interval)
            "Time between two snapshots. A restore reads one of them and the changes since.";
        "retention": Always(INTERVAL, retention.snapshots)
            "Period back from now in which every moment can be restored.";
    }],
};

pub(super) const RETENTION: Section<MaintenanceConfig> = Section {
    place: "retention",
    keys: &[keys! { MaintenanceConfig:
        "enabled": Always(SWITCH, delete)
            "False deletes nothing from the replica, for a bucket whose own rules do.";
    }],
};

pub(super) const VALIDATION: Section<OfficialKeys> = Section {
    place: "validation",
    keys: &[&[key(
        &["interval"],
        &Official(DURATION, |validation: &mut OfficialKeys| validation),
        "Time between two checks that the replica's files are continuous.",
    )]],
};
