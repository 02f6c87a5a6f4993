//! Writes to a WAL behind SQLite's back, as a process that dies in the middle of a commit leaves it.
#![allow(clippy::unwrap_used)]

use std::{
    fs::{self, File},
    mem::ManuallyDrop,
    os::unix::fs::FileExt,
    path::Path,
    time::{Duration, Instant},
};

use litestream_replicator::sqlite::wal::{ByteOrder, FrameCount, WalIndex, WalReader};
use ltx::Salt;

/// The `-shm` file, never closed: that would release every lock that SQLite holds on it in this process, and the next
/// connection of another process would find itself alone and initialise the file.
pub struct WalIndexFile(ManuallyDrop<File>);

impl WalIndexFile {
    pub fn open(database: &Path) -> Self {
        WalIndexFile(ManuallyDrop::new(File::open(database.with_extension("sqlite3-shm")).unwrap()))
    }

    /// Reads again while another process writes the header: its two copies differ then.
    pub fn read(&self) -> WalIndex {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let mut bytes = [0; WalIndex::LEN];
            self.0.read_exact_at(&mut bytes, 0).unwrap();
            if let Some(index) = WalIndex::decode(&bytes) {
                return index;
            }
            assert!(Instant::now() < deadline, "the two copies of the WAL-index header stay different");
        }
    }
}

/// One look at the WAL-index.
pub fn index(database: &Path) -> WalIndex {
    WalIndexFile::open(database).read()
}

pub fn salt(database: &Path) -> Salt {
    let bytes = fs::read(database.with_extension("sqlite3-wal")).unwrap();
    let word = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    Salt(word(16), word(20))
}

/// Puts a sound frame behind the first `frames` that ends a transaction with a database of `commit` pages.
pub fn write_commit_frame(database: &Path, frames: FrameCount, page: u32, image: &[u8], commit: u32) {
    let wal = File::options().read(true).write(true).open(database.with_extension("sqlite3-wal")).unwrap();
    let mut reader = WalReader::from_start(&wal, frames).unwrap().unwrap();
    while reader.next_frame().unwrap().is_some() {}
    let at = reader.position();
    assert_eq!(at.frames, frames);
    let mut header = [0; 24];
    header[0..4].copy_from_slice(&page.to_be_bytes());
    header[4..8].copy_from_slice(&commit.to_be_bytes());
    header[8..12].copy_from_slice(&at.salt.0.to_be_bytes());
    header[12..16].copy_from_slice(&at.salt.1.to_be_bytes());
    let checksum = at.checksum.update(ByteOrder::Little, &header[..8]).update(ByteOrder::Little, image);
    header[16..20].copy_from_slice(&checksum.0.to_be_bytes());
    header[20..24].copy_from_slice(&checksum.1.to_be_bytes());
    let offset = frames.end(reader.page_size());
    wal.write_all_at(&header, offset).unwrap();
    wal.write_all_at(image, offset + 24).unwrap();
}
