//! One replicator per database on a machine.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
    process,
};

use litestream_core::{Error, Result, private};

/// Held on `<meta>/lock` for as long as this lives; the kernel lets go when the process ends, however it ends.
#[derive(Debug)]
pub struct DatabaseLock {
    _file: File,
}

impl DatabaseLock {
    /// [`Error::Conflict`] names the process that has it.
    pub fn take(database: &Path, meta_path: &Path) -> Result<Self> {
        state_folder(database, meta_path)?;
        let path = meta_path.join("lock");
        let file = private::open(OpenOptions::new().read(true).write(true).truncate(false), &path);
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

/// Creates the folder of the local state, or closes it to other users. One that the database lies in is not ours to close.
fn state_folder(database: &Path, meta_path: &Path) -> Result<()> {
    private::create_folder(meta_path).map_err(Error::io("create", meta_path))?;
    if database.starts_with(meta_path) {
        return Ok(());
    }
    let closed = File::open(meta_path).and_then(|folder| private::close(&folder, meta_path));
    closed.map_err(Error::io("restrict", meta_path))
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
