//! Settings of one replica from a file, before its location is resolved.

use std::time::Duration;

use crate::{config::official::OfficialKeys, secret::Secret};

#[derive(Clone, Debug)]
pub(crate) struct ReplicaSettings {
    pub(crate) kind: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) bucket: Option<String>,
    /// Bucket from the top of the file.
    pub(crate) default_bucket: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) endpoint: Option<String>,
    pub(crate) access_key_id: Option<String>,
    pub(crate) secret_access_key: Option<Secret>,
    pub(crate) force_path_style: Option<bool>,
    pub(crate) skip_verify: Option<bool>,
    /// In bytes.
    pub(crate) part_size: Option<u64>,
    pub(crate) concurrency: Option<u32>,
    pub(crate) storage_class: Option<String>,
    pub(crate) sync_interval: Duration,
    pub(crate) official: OfficialKeys,
}

impl Default for ReplicaSettings {
    fn default() -> Self {
        ReplicaSettings {
            kind: None,
            path: None,
            url: None,
            bucket: None,
            default_bucket: None,
            region: None,
            endpoint: None,
            access_key_id: None,
            secret_access_key: None,
            force_path_style: None,
            skip_verify: None,
            part_size: None,
            concurrency: None,
            storage_class: None,
            sync_interval: Duration::from_secs(1),
            official: OfficialKeys::new(),
        }
    }
}

impl ReplicaSettings {
    /// The settings that a replica inherits if these are at the top of the file.
    pub(crate) fn inherited(&self) -> ReplicaSettings {
        ReplicaSettings { bucket: None, default_bucket: self.bucket.clone(), ..self.clone() }
    }
}
