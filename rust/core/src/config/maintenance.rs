//! Maintenance of a replica: `levels`, `snapshot`, `l0-retention` and `retention`, with the official defaults.

use std::time::Duration;

/// Levels below the snapshots, apart from level 0.
pub(super) const MAX_LEVELS: usize = 8;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Ages that files of a replica must reach before retention deletes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Age of a merged file of level 0; zero keeps it forever. 5 minutes by default.
    pub l0: Duration,
    /// Period back from now in which every moment can be restored; 24 hours by default.
    pub snapshots: Duration,
}

/// Schedule of compaction, snapshots and retention for one database.
#[derive(Clone, Debug, PartialEq)]
pub struct MaintenanceConfig {
    /// Compaction interval of each level from 1 up; empty disables compaction.
    pub levels: Vec<Duration>,
    /// Time between two snapshots; 24 hours by default.
    pub snapshot_interval: Duration,
    /// Minimum ages before deletion.
    pub retention: Retention,
    /// Time between two searches of level 0 for files to delete; 15 seconds by default.
    pub l0_check_interval: Duration,
    /// False deletes nothing from the replica, for a bucket whose own rules do.
    pub delete: bool,
}

impl Default for MaintenanceConfig {
    fn default() -> Self {
        MaintenanceConfig {
            levels: vec![MINUTE / 2, 5 * MINUTE, 60 * MINUTE],
            snapshot_interval: DAY,
            retention: Retention { l0: 5 * MINUTE, snapshots: DAY },
            l0_check_interval: Duration::from_secs(15),
            delete: true,
        }
    }
}
