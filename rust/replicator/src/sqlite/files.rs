//! Raw descriptors beside SQLite's own.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use litestream_core::{Error, Result};

/// Read-only descriptors on the three files of a database. Closing any descriptor of a file drops every POSIX lock the
/// process has on it, so these must be opened after SQLite's connections and outlive them.
pub(crate) struct Files {
    pub database: File,
    pub wal: File,
    pub wal_index: File,
    /// The three paths, in the same order.
    paths: [PathBuf; 3],
}

impl Files {
    /// `path` as SQLite resolves it, without symbolic links: `-wal` and `-shm` lie beside the file itself.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let paths = [path.to_owned(), beside(path, "-wal"), beside(path, "-shm")];
        let open = |path: &PathBuf| File::open(path).map_err(Error::io("open", path));
        Ok(Files { database: open(&paths[0])?, wal: open(&paths[1])?, wal_index: open(&paths[2])?, paths })
    }

    /// True if any of the paths now leads to another file, or to none.
    pub(crate) fn moved(&self) -> io::Result<bool> {
        for (file, path) in [&self.database, &self.wal, &self.wal_index].into_iter().zip(&self.paths) {
            let held = file.metadata()?;
            match fs::metadata(path) {
                Ok(there) if (there.dev(), there.ino()) == (held.dev(), held.ino()) => {}
                Ok(_) => return Ok(true),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }
}

/// The path of SQLite's own file beside the database at `path`.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
