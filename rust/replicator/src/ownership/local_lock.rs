//! One replicator per database on a machine.

use std::{
    fs::{File, OpenOptions, TryLockError, create_dir_all},
    io::{Read, Seek, Write},
    path::Path,
    process,
};

use litestream_core::{Error, Result};

/// Held on `<meta>/lock` for as long as this lives; the kernel lets go when the process ends, however it ends.
#[derive(Debug)]
pub struct DatabaseLock {
    _file: File,
}

impl DatabaseLock {
    /// [`Error::Conflict`] names the process that has it.
    pub fn take(database: &Path, meta_path: &Path) -> Result<Self> {
        create_dir_all(meta_path).map_err(Error::io("create", meta_path))?;
        let path = meta_path.join("lock");
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = file.map_err(Error::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Conflict { what: format!("database {}", database.display()), holder: holder(file) });
            }
            Err(TryLockError::Error(error)) => return Err(Error::io("lock", &path)(error)),
        }
        let mut sign = || {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", process::id())
        };
        sign().map_err(Error::io("write", &path))?;
        Ok(DatabaseLock { _file: file })
    }
}

/// The holder signs just after it locks, so the name may be missing for a moment.
fn holder(mut file: File) -> String {
    let mut text = String::new();
    let read = file.read_to_string(&mut text).is_ok();
    match text.trim().parse::<u32>() {
        Ok(pid) if read => format!("the replicator with process id {pid}"),
        _ => "another replicator on this machine".to_owned(),
    }
}
