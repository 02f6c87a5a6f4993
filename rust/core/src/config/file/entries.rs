//! The file as written, with defaults filled in. The tables of [`super::keys`] read into these types and write from
//! them.

use std::{path::PathBuf, time::Duration};

use crate::config::{
    location::{Location, settings::ReplicaSettings},
    maintenance::MaintenanceConfig,
    official::OfficialKeys,
    types::{Config, DatabaseConfig, Logging, ReplicaConfig},
};

pub(super) struct ConfigFile {
    pub(super) logging: Logging,
    pub(super) socket: Option<SocketEntry>,
    pub(super) shutdown_sync_timeout: Duration,
    pub(super) levels: Vec<LevelEntry>,
    pub(super) maintenance: MaintenanceConfig,
    /// Defaults of every replica.
    pub(super) replica: ReplicaSettings,
    pub(super) official: OfficialKeys,
    pub(super) databases: Vec<DatabaseEntry>,
}

#[derive(Default)]
pub(super) struct SocketEntry {
    pub(super) enabled: Option<bool>,
    pub(super) path: Option<PathBuf>,
}

#[derive(Default)]
pub(super) struct LevelEntry {
    pub(super) interval: Option<Duration>,
}

/// An element of `dbs`: one database, or the databases of a directory.
pub(super) struct DatabaseEntry {
    pub(super) path: Option<PathBuf>,
    pub(super) dir: Option<PathBuf>,
    pub(super) pattern: Option<String>,
    pub(super) recursive: Option<bool>,
    pub(super) meta_path: Option<PathBuf>,
    pub(super) meta_dir: Option<PathBuf>,
    /// All other settings; path and replica are placeholders.
    pub(super) settings: DatabaseConfig,
    /// Defaults from the top of the file.
    pub(super) default_replica: ReplicaSettings,
    pub(super) replica: Option<ReplicaSettings>,
    /// The list form of Litestream v0.3; empty without it.
    pub(super) replicas: Vec<ReplicaSettings>,
}

impl Default for ConfigFile {
    fn default() -> Self {
        let Config { logging, shutdown_sync_timeout, maintenance, .. } = Config::new(Vec::new(), None);
        ConfigFile {
            logging,
            socket: None,
            shutdown_sync_timeout,
            levels: Vec::new(),
            maintenance,
            replica: ReplicaSettings::default(),
            official: OfficialKeys::new(),
            databases: Vec::new(),
        }
    }
}

impl ConfigFile {
    /// Adds a database that inherits the settings at the top.
    pub(super) fn push_database(&mut self) -> &mut DatabaseEntry {
        let placeholder = ReplicaConfig::new(Location::File { path: PathBuf::new() });
        let settings = DatabaseConfig::new("", placeholder);
        self.databases.push(DatabaseEntry {
            path: None,
            dir: None,
            pattern: None,
            recursive: None,
            meta_path: None,
            meta_dir: None,
            settings: DatabaseConfig { maintenance: self.maintenance.clone(), ..settings },
            default_replica: self.replica.inherited(),
            replica: None,
            replicas: Vec::new(),
        });
        last(&mut self.databases)
    }

    pub(super) fn push_level(&mut self) -> &mut LevelEntry {
        self.levels.push(LevelEntry::default());
        last(&mut self.levels)
    }
}

impl DatabaseEntry {
    pub(super) fn replica(&mut self) -> &mut ReplicaSettings {
        let default = &self.default_replica;
        self.replica.get_or_insert_with(|| default.clone())
    }

    pub(super) fn push_replica(&mut self) -> &mut ReplicaSettings {
        self.replicas.push(self.default_replica.clone());
        last(&mut self.replicas)
    }
}

fn last<T>(list: &mut [T]) -> &mut T {
    let end = list.len() - 1;
    &mut list[end]
}

/// Holds the settings of a replica: a replica itself, or the top of the file, whose settings are the defaults of all.
pub(super) trait HasReplica: 'static {
    fn settings(&mut self) -> &mut ReplicaSettings;
}

impl HasReplica for ConfigFile {
    fn settings(&mut self) -> &mut ReplicaSettings {
        &mut self.replica
    }
}

impl HasReplica for ReplicaSettings {
    fn settings(&mut self) -> &mut ReplicaSettings {
        self
    }
}
