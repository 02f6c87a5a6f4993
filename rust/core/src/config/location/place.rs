//! The two kinds of location.

use std::{fmt, path::PathBuf};

use crate::store::S3Config;

/// Destination of one database's replica.
#[derive(Clone, Debug, PartialEq)]
pub enum Location {
    /// A prefix inside a bucket of Amazon S3 or an S3-compatible store.
    S3(S3Config),
    /// A directory; the replica's files go to `<path>/ltx/…`.
    File {
        /// Absolute once the configuration is parsed. The first write creates it.
        path: PathBuf,
    },
}

/// For messages: `s3://bucket/path`, with the server where it is not AWS; `file:///path`.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::File { path } => write!(f, "file://{}", path.display()),
            Location::S3(S3Config { bucket, path, endpoint, .. }) => {
                let path = path.trim_matches('/');
                write!(f, "s3://{bucket}{}{path}", if path.is_empty() { "" } else { "/" })?;
                endpoint.as_ref().map_or(Ok(()), |endpoint| write!(f, " at {endpoint}"))
            }
        }
    }
}
