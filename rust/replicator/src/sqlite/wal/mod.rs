//! SQLite's write-ahead log as bytes: reads `-wal` and `-shm` files, returns verified commits. Independent of SQLite's
//! library, of locks, and of files beyond [`ReadAt`].
//!
//! A WAL is a 32-byte header and frames; a frame is a 24-byte header and one page. Every frame repeats the header's
//! salts and carries a checksum that runs from the header through all frames before it. A frame belongs to the WAL
//! exactly if both agree. The wal-index (`-shm`) counts the committed frames: a frame beyond that count may look valid
//! and still be overwritten.

mod checksum;
mod commits;
mod frame_map;
mod header;
mod index;
mod position;
mod reader;

use std::{fs::File, io, os::unix::fs::FileExt};

pub use checksum::{ByteOrder, WalChecksum};
pub use commits::{Commits, read_commits};
pub use frame_map::FrameMap;
pub use header::{FrameHeader, WalHeader};
pub use index::WalIndex;
pub use position::{FrameCount, WalPosition};
pub use reader::{Frame, WalReader};

/// The version in WAL headers and wal-indexes since SQLite 3.7.0.
const FORMAT_VERSION: u32 = 3_007_000;

/// Bytes that can be read at an offset without moving a cursor: a file, or a slice in tests.
pub trait ReadAt {
    /// Reads until `buffer` is full or the bytes end. Returns the number of bytes read.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
}

impl ReadAt for File {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match FileExt::read_at(self, &mut buffer[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

impl ReadAt for [u8] {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.len());
        let read = buffer.len().min(self.len() - start);
        buffer[..read].copy_from_slice(&self[start..start + read]);
        Ok(read)
    }
}
