//! Reads frames in order, in large reads, and returns only those that belong to the WAL.

use std::io;

use ltx::{PageNumber, PageSize};

use super::{ByteOrder, FrameCount, FrameHeader, ReadAt, WalChecksum, WalHeader, WalPosition, position::frame_len};

/// Least bytes requested in one read, if the file has that many.
const READ_BYTES: u64 = 256 * 1024;

/// One frame that carries the WAL's salts and continues its checksum.
#[derive(Debug)]
pub struct Frame<'a> {
    pub page: PageNumber,
    /// Database size in pages if this frame ends a transaction.
    pub commit: Option<u32>,
    /// Frame number, from 1.
    pub number: FrameCount,
    pub data: &'a [u8],
}

/// Verified frames from a position up to a limit.
pub struct WalReader<'a, R: ReadAt + ?Sized> {
    source: &'a R,
    order: ByteOrder,
    page_size: PageSize,
    at: WalPosition,
    limit: FrameCount,
    /// Whole frames from `at` on; `used` bytes of them are returned already.
    buffer: Vec<u8>,
    used: usize,
}

impl<'a, R: ReadAt + ?Sized> WalReader<'a, R> {
    /// Reads from the first frame up to frame `limit`. `None` if the WAL has no sound header.
    pub fn from_start(source: &'a R, limit: FrameCount) -> io::Result<Option<Self>> {
        Ok(read_header(source)?.map(|header| Self::new(source, &header, WalPosition::start(&header), limit)))
    }

    /// Continues from `position`. `None` if the WAL's header is not sound or carries other salts: the WAL was
    /// restarted.
    pub fn resume(source: &'a R, position: WalPosition, limit: FrameCount) -> io::Result<Option<Self>> {
        let header = read_header(source)?.filter(|header| header.salt == position.salt);
        Ok(header.map(|header| {
            let at = if position.frames == FrameCount(0) { WalPosition::start(&header) } else { position };
            Self::new(source, &header, at, limit)
        }))
    }

    fn new(source: &'a R, header: &WalHeader, at: WalPosition, limit: FrameCount) -> Self {
        let (order, page_size) = (header.order, header.page_size);
        WalReader { source, order, page_size, at, limit, buffer: Vec::new(), used: 0 }
    }

    pub fn page_size(&self) -> PageSize {
        self.page_size
    }

    /// The position behind the last returned frame.
    pub fn position(&self) -> WalPosition {
        self.at
    }

    /// The next frame. `None` at the limit, at the end of the bytes, or at a frame that does not belong to the WAL:
    /// compare [`Self::position`] with the expected end.
    pub fn next_frame(&mut self) -> io::Result<Option<Frame<'_>>> {
        if self.at.frames >= self.limit || (self.used == self.buffer.len() && !self.fill()?) {
            return Ok(None);
        }
        let frame = &self.buffer[self.used..self.used + frame_len(self.page_size) as usize];
        let Some((header, data)) = frame.split_first_chunk::<{ FrameHeader::LEN }>() else { return Ok(None) };
        let checksum = self.running_checksum(header, data);
        let belongs = |header: &FrameHeader| header.salt == self.at.salt && header.checksum == checksum;
        let Some(header) = FrameHeader::decode(header).filter(belongs) else { return Ok(None) };

        self.used += frame.len();
        self.at = WalPosition { salt: self.at.salt, frames: FrameCount(self.at.frames.0 + 1), checksum };
        Ok(Some(Frame { page: header.page, commit: header.commit, number: self.at.frames, data }))
    }

    fn running_checksum(&self, header: &[u8; FrameHeader::LEN], data: &[u8]) -> WalChecksum {
        self.at.checksum.update(self.order, &header[..FrameHeader::SUMMED]).update(self.order, data)
    }

    /// Reads the next whole frames; false if there is none.
    fn fill(&mut self) -> io::Result<bool> {
        let frame = frame_len(self.page_size);
        let wanted = (READ_BYTES / frame).max(1).min(u64::from(self.limit.0 - self.at.frames.0));
        self.buffer.resize((wanted * frame) as usize, 0);
        let read = self.source.read_at(&mut self.buffer, self.at.frames.end(self.page_size))?;
        self.buffer.truncate(read - read % frame as usize);
        self.used = 0;
        Ok(!self.buffer.is_empty())
    }
}

fn read_header<R: ReadAt + ?Sized>(source: &R) -> io::Result<Option<WalHeader>> {
    let mut bytes = [0; WalHeader::LEN];
    let read = source.read_at(&mut bytes, 0)?;
    Ok((read == bytes.len()).then(|| WalHeader::decode(&bytes)).flatten())
}
