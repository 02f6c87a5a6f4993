//! The database during a restore: a temporary file beside the target, removed unless it is installed.

use std::{
    fs::{File, Permissions},
    os::unix::fs::{FileExt, PermissionsExt},
    path::{Path, PathBuf},
};

use ltx::{PageNumber, PageSize};
use tempfile::{Builder, TempPath};

use super::sink::PageSink;
use crate::{Error, Result};

/// Bytes that are written back to disk together while more are downloaded.
const STRETCH: u64 = 8 << 20;

/// Readable by all, subject to the umask, as in official Litestream and SQLite itself.
pub(super) const USUAL_MODE: u32 = 0o644;

/// A database in the making. Several threads write pages at their own offsets.
pub(super) struct TemporaryDatabase {
    file: File,
    path: TempPath,
}

impl TemporaryDatabase {
    /// `.<name>.tmp-<random>` beside the target.
    pub(super) fn create(target: &Path) -> Result<Self> {
        let (directory, name) = parts(target)?;
        let temporary = Builder::new()
            .prefix(&format!(".{name}.tmp-"))
            .permissions(Permissions::from_mode(USUAL_MODE))
            .tempfile_in(&directory)
            .map_err(Error::io("create a temporary file in", &directory))?;
        let (file, path) = temporary.into_parts();
        Ok(TemporaryDatabase { file, path })
    }

    /// The file to sync, and its path.
    pub(super) fn into_parts(self) -> (File, TempPath) {
        (self.file, self.path)
    }
}

impl PageSink for TemporaryDatabase {
    fn begin(&self, page_size: PageSize, commit: u32) -> Result<()> {
        // Pages that are never written, such as the lock page, read as zeros.
        let bytes = u64::from(commit) * u64::from(page_size.get());
        self.file.set_len(bytes).map_err(Error::io("size", &*self.path))
    }

    fn pages(&self, page_size: PageSize, first: PageNumber, data: &[u8]) -> Result<()> {
        let start = page_size.offset_of(first);
        self.file.write_all_at(data, start).map_err(Error::io("write", &*self.path))?;
        let end = start + data.len() as u64;
        if start / STRETCH != end / STRETCH {
            start_writing(&self.file, (start / STRETCH) * STRETCH);
        }
        Ok(())
    }
}

/// Makes the kernel write a stretch of the file while the rest is downloaded, so that the final sync has little left to
/// do. A hint; nothing depends on it.
#[cfg(target_os = "linux")]
fn start_writing(file: &File, start: u64) {
    use std::os::fd::AsRawFd;

    let (start, length) = (start as libc::off64_t, STRETCH as libc::off64_t);
    // SAFETY: the descriptor is open; no memory is involved.
    unsafe { libc::sync_file_range(file.as_raw_fd(), start, length, libc::SYNC_FILE_RANGE_WRITE) };
}

#[cfg(not(target_os = "linux"))]
fn start_writing(_: &File, _: u64) {}

/// Folder and file name of a target.
pub(super) fn parts(target: &Path) -> Result<(PathBuf, String)> {
    let name = target.file_name().ok_or_else(|| Error::Config {
        place: "output".into(),
        problem: format!("{} names no file", target.display()),
    })?;
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    Ok((directory, name.to_string_lossy().into_owned()))
}
