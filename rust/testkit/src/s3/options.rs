//! The settings of an [`S3Server`](super::S3Server).

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// Settings of a server. [`Options::default`] gives an empty server in memory on a free port.
#[derive(Debug, Clone)]
pub struct Options {
    /// Address to bind; port 0 picks a free one.
    pub listen: SocketAddr,
    /// The only key id that may sign requests.
    pub access_key_id: String,
    /// The secret that belongs to it.
    pub secret_access_key: String,
    /// Buckets that exist from the start.
    pub buckets: Vec<String>,
    /// Keep the data in this folder, so that it survives a restart; `None` keeps it in memory.
    pub folder: Option<PathBuf>,
    /// Host names (no port) under which `BUCKET.host` addresses a bucket. Any other host means
    /// path style.
    pub base_hosts: Vec<String>,
    /// Speak HTTPS only, with a certificate from an authority of the server's own.
    pub tls: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            access_key_id: "testkit-access-key".into(),
            secret_access_key: "testkit-secret-access-key".into(),
            buckets: Vec::new(),
            folder: None,
            base_hosts: vec!["localhost".into()],
            tls: false,
        }
    }
}

impl Options {
    /// An in-memory server that already has `bucket`.
    pub fn with_bucket(bucket: impl Into<String>) -> Self {
        Self { buckets: vec![bucket.into()], ..Self::default() }
    }
}
