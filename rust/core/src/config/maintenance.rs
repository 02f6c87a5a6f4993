//! How a replica is kept: `levels`, `snapshot`, `l0-retention` and `retention`, with the official defaults.

use std::time::Duration;

use super::{scope::Scope, tree::Fields};
use crate::{Result, compact::Retention};

/// Levels below the snapshots, apart from level 0.
const MOST_LEVELS: usize = 8;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Clone, Debug, PartialEq)]
pub struct MaintenanceConfig {
    /// How often each level is made from the one below it, from level 1 up. Empty: nothing is ever merged.
    pub levels: Vec<Duration>,
    pub snapshot_interval: Duration,
    pub retention: Retention,
    /// How often level 0 is looked through for what may go.
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

impl MaintenanceConfig {
    /// The settings at the top of the file.
    pub(super) fn of_all(top: &Scope) -> Result<Self> {
        let mut config = MaintenanceConfig::default();
        let levels = top.sections("levels");
        if levels.len() > MOST_LEVELS {
            return Err(top.error("levels", format!("lists {}; there are {MOST_LEVELS} at most", levels.len())));
        }
        if !levels.is_empty() {
            config.levels.clear();
        }
        for (index, fields) in levels.iter().enumerate() {
            let level = top.inner(format!("levels[{index}]"), fields, None);
            let interval = level.interval("interval")?.ok_or_else(|| level.error("interval", "missing"))?;
            config.levels.push(interval);
        }
        if let Some(retention) = top.duration("l0-retention") {
            config.retention.l0 = retention;
        }
        if let Some(interval) = top.interval("l0-retention-check-interval")? {
            config.l0_check_interval = interval;
        }
        let none = Fields::default();
        let retention = top.inner("retention".into(), top.section("retention").unwrap_or(&none), None);
        config.delete = retention.switch("enabled").unwrap_or(true);
        config.with_snapshots(top)
    }

    /// With the `snapshot` section of the top or of one database.
    pub(super) fn with_snapshots(mut self, scope: &Scope) -> Result<Self> {
        let Some(fields) = scope.section("snapshot") else { return Ok(self) };
        let path = if scope.path.is_empty() { "snapshot".to_owned() } else { format!("{}.snapshot", scope.path) };
        let snapshot = scope.inner(path, fields, None);
        if let Some(interval) = snapshot.interval("interval")? {
            self.snapshot_interval = interval;
        }
        if let Some(retention) = snapshot.interval("retention")? {
            self.retention.snapshots = retention;
        }
        Ok(self)
    }
}
