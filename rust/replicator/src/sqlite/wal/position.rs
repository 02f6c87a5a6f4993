//! A reader's position in the WAL.

use ltx::{PageSize, Salt, WalSpan};

use super::{FrameHeader, WalChecksum, WalHeader};

/// Frames from the beginning of a WAL. Frame numbers count from 1, so this is also the number of the last of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct FrameCount(pub u32);

impl FrameCount {
    /// Offset behind these frames, where the next frame begins, in bytes.
    pub fn end(self, page_size: PageSize) -> u64 {
        WalHeader::LEN as u64 + u64::from(self.0) * frame_len(page_size)
    }

    /// Offset of the last frame's page image, in bytes. Not for zero frames.
    pub fn page_offset(self, page_size: PageSize) -> u64 {
        self.end(page_size) - u64::from(page_size.get())
    }

    /// The number of frames before `offset`, or `None` if no frame ends there.
    pub fn before(offset: u64, page_size: PageSize) -> Option<Self> {
        let bytes = offset.checked_sub(WalHeader::LEN as u64)?;
        let frames = u32::try_from(bytes / frame_len(page_size)).ok()?;
        (bytes % frame_len(page_size) == 0).then_some(FrameCount(frames))
    }
}

/// Bytes of one frame, header included.
pub(super) fn frame_len(page_size: PageSize) -> u64 {
    FrameHeader::LEN as u64 + u64::from(page_size.get())
}

/// Everything before is read and verified; the next frame must carry this salt and continue this checksum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WalPosition {
    pub salt: Salt,
    pub frames: FrameCount,
    pub checksum: WalChecksum,
}

impl WalPosition {
    /// The beginning of a WAL.
    pub fn start(header: &WalHeader) -> Self {
        WalPosition { salt: header.salt, frames: FrameCount(0), checksum: header.checksum }
    }

    /// The beginning of a WAL whose header need not be written yet: readers take the checksum from there.
    pub fn empty(salt: Salt) -> Self {
        WalPosition { salt, frames: FrameCount(0), checksum: WalChecksum::default() }
    }

    /// Bytes from here to `end` of the same WAL.
    pub fn span_to(&self, end: &WalPosition, page_size: PageSize) -> WalSpan {
        let offset = self.frames.end(page_size);
        WalSpan { offset, size: end.frames.end(page_size) - offset, salt: end.salt }
    }
}
