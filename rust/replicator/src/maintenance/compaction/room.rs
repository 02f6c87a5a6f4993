//! A merge puts files beside the database, and must not be what fills its disk.

use std::path::Path;

use litestream_core::{Error, Result};
use nix::sys::statvfs::statvfs;

/// As much as a merge takes is left for the application, up to this, in bytes.
const RESERVE: u64 = 64 << 20;

/// [`Error::DiskFull`] unless the disk of this folder has room for so many bytes.
pub(super) fn ensure(folder: &Path, bytes: u64) -> Result<()> {
    let disk = statvfs(folder).map_err(|error| Error::io("look up the disk of", folder)(error.into()))?;
    let free = disk.blocks_available().saturating_mul(disk.fragment_size());
    if free >= bytes.saturating_add(bytes.min(RESERVE)) {
        return Ok(());
    }
    tracing::warn!(folder = %folder.display(), needed = bytes, free, "no room for a merge");
    Err(Error::DiskFull { path: folder.to_owned() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_merge_that_would_fill_the_disk_is_not_begun() {
        let folder = tempfile::tempdir().unwrap();
        ensure(folder.path(), 1).unwrap();
        let refused = ensure(folder.path(), u64::MAX).unwrap_err();
        assert!(matches!(refused, Error::DiskFull { .. }), "{refused}");
    }
}
