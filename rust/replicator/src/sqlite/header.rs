//! The header of a database file, read without SQLite and so without its locks.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// Reaches through the two bytes with the write and read version: 2 in WAL mode.
const LEN: usize = 20;

/// True if the file is in WAL mode; false for a file that is no database.
pub fn is_in_wal_mode(path: &Path) -> io::Result<bool> {
    let mut header = Vec::with_capacity(LEN);
    File::open(path)?.take(LEN as u64).read_to_end(&mut header)?;
    Ok(header.get(LEN - 2..) == Some(&[2, 2]))
}
