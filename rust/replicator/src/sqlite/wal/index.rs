//! The head of the wal-index (`-shm`): committed frames, and frames already in the database file.

use ltx::Salt;

use super::{ByteOrder, FORMAT_VERSION, FrameCount, WalChecksum};

/// One consistent reading of the wal-index.
///
/// ```text
///   0 48  header, native words: version, 4 unused, commits, initialised u8, checksum order u8, page size u16,
///         frames (16), database pages (20), checksum of the last frame (24), salts as in the WAL (32), own checksum (40)
///  48 48  the same again; writers write the second copy first
///  96  4  frames already copied back into the database file
/// 100 36  read marks, lock bytes, frames a checkpoint has begun to copy, unused
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WalIndex {
    pub salt: Salt,
    /// Committed frames. A frame beyond them is not committed, however valid it looks.
    pub frames: FrameCount,
    /// Database size in pages.
    pub commit: u32,
    /// Counts commits, with wrap-around; a checkpoint does not change it.
    pub commits: u32,
    /// Checksum of the last committed frame; meaningless without frames.
    pub checksum: WalChecksum,
    /// Frames that a checkpoint has copied into the database file.
    pub backfilled: FrameCount,
}

impl WalIndex {
    /// Bytes to read from the start of the `-shm` file.
    pub const LEN: usize = 136;

    const COPY_LEN: usize = 48;
    /// Bytes that each copy's own checksum covers.
    const SUMMED: usize = 40;

    /// `None` while a writer is between the two copies, or before the file is initialised: read again later.
    pub fn decode(bytes: &[u8; Self::LEN]) -> Option<Self> {
        let (first, second) = (&bytes[..Self::COPY_LEN], &bytes[Self::COPY_LEN..2 * Self::COPY_LEN]);
        let initialised = first[12] != 0;
        let own = WalChecksum::default().update(NATIVE, &first[..Self::SUMMED]);
        let sound = first == second
            && initialised
            && word(first, 0) == FORMAT_VERSION
            && own == WalChecksum(word(first, 40), word(first, 44));
        if !sound {
            return None;
        }
        Some(WalIndex {
            frames: FrameCount(word(first, 16)),
            commit: word(first, 20),
            commits: word(first, 8),
            checksum: WalChecksum(word(first, 24), word(first, 28)),
            salt: Salt(word(first, 32).to_be(), word(first, 36).to_be()),
            backfilled: FrameCount(word(bytes, 96)),
        })
    }

    /// True if every committed frame is in the database file, so that the next writer may restart the WAL.
    pub fn is_backfilled(&self) -> bool {
        self.backfilled >= self.frames
    }
}

const NATIVE: ByteOrder = if cfg!(target_endian = "big") { ByteOrder::Big } else { ByteOrder::Little };

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
