//! Maintenance of a replica: `levels`, `snapshot`, `l0-retention` and `retention`, with the official defaults.

use std::time::Duration;

/// Levels below the snapshots, apart from level 0.
pub(super) const MAX_LEVELS: usize = 8;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long files stay in a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Files of level 0 after they were merged; zero: for ever.
    pub l0: Duration,
    /// Every moment that is not longer ago can be restored.
    pub snapshots: Duration,
}

/// Schedule of compaction, snapshots and retention for one database.
#[derive(Clone, Debug, PartialEq)]
pub struct MaintenanceConfig {
    /// How often each level is made from the one below it, from level 1 up. Empty: nothing is ever merged.
    pub levels: Vec<Duration>,
    /// Time between two snapshots; 24 hours by default.
    pub snapshot_interval: Duration,
    /// Minimum ages before deletion.
    pub retention: Retention,
    /// How often level 0 is searched for files that may go.
    pub l0_check_interval: Duration,
    /// False: nothing is deleted from the replica; a rule of the bucket does that.
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
