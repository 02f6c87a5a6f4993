//! The database while it is being put together: a temporary file beside the target, gone unless it is kept.

use std::{
    fs::{File, Permissions},
    os::unix::fs::{FileExt, PermissionsExt},
    path::{Path, PathBuf},
};

use ltx::{PageNumber, PageSize};
use tempfile::{Builder, TempPath};

use super::walk::Sink;
use crate::{Error, Result};

/// Bytes of consecutive pages that go into one write.
const RUN: usize = 1 << 20;

/// Readable by all, subject to the umask, as official Litestream and SQLite itself leave it.
pub(super) const USUAL_MODE: u32 = 0o644;

/// Writes each page once, at its offset, consecutive ones together.
pub(super) struct Output {
    file: File,
    path: TempPath,
    page_size: Option<PageSize>,
    /// Pages not written yet, consecutive from `run_start` on (bytes into the file).
    run: Vec<u8>,
    run_start: u64,
}

impl Output {
    /// `.<name>.tmp-<random>` beside the target.
    pub(super) fn create(target: &Path) -> Result<Self> {
        let (directory, name) = parts(target)?;
        let temporary = Builder::new()
            .prefix(&format!(".{name}.tmp-"))
            .permissions(Permissions::from_mode(USUAL_MODE))
            .tempfile_in(&directory)
            .map_err(Error::io("create a temporary file in", &directory))?;
        let (file, path) = temporary.into_parts();
        Ok(Output { file, path, page_size: None, run: Vec::with_capacity(RUN), run_start: 0 })
    }

    /// The whole database, on disk, at its temporary place.
    pub(super) fn into_path(self) -> TempPath {
        self.path
    }

    fn flush(&mut self) -> Result<()> {
        let written = self.file.write_all_at(&self.run, self.run_start);
        self.run.clear();
        written.map_err(Error::io("write", &*self.path))
    }
}

impl Sink for Output {
    fn begin(&mut self, page_size: PageSize, commit: u32) -> Result<()> {
        self.page_size = Some(page_size);
        // Pages never written, as the lock page, read as zeros.
        let bytes = u64::from(commit) * u64::from(page_size.get());
        self.file.set_len(bytes).map_err(Error::io("size", &*self.path))
    }

    fn page(&mut self, page: PageNumber, data: &[u8]) -> Result<()> {
        let offset = self.page_size.map_or(0, |size| size.offset_of(page));
        let follows = offset == self.run_start + self.run.len() as u64;
        if !follows || self.run.len() + data.len() > RUN {
            self.flush()?;
            self.run_start = offset;
        }
        self.run.extend_from_slice(data);
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        self.flush()?;
        self.file.sync_all().map_err(Error::io("sync", &*self.path))
    }
}

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
