//! Paths inside a bucket.

use std::path::PathBuf;

/// The path of a database below its `dir`, which is added to the replica's path.
#[derive(Clone, Debug, Default)]
pub(in crate::config) struct Below(pub(in crate::config) Option<PathBuf>);

impl Below {
    pub(super) fn join(&self, path: &str) -> String {
        match &self.0 {
            None => path.to_owned(),
            Some(below) => join(path, &below.to_string_lossy()),
        }
    }
}

/// Two parts of a key with one slash between them.
pub(super) fn join(prefix: &str, path: &str) -> String {
    let prefix = if prefix == "." { "" } else { prefix };
    match (prefix.trim_end_matches('/'), path.trim_start_matches('/')) {
        ("", path) => path.to_owned(),
        (prefix, path) => format!("{prefix}/{path}"),
    }
}
