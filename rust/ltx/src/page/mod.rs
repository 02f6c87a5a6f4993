//! One page in a file: a 6-byte page header (u32 page number, u16 flags, big-endian), then the page, compressed by
//! itself in one of two forms, decided page by page. Six zero bytes end the pages.

mod block;
mod frame;

pub(crate) use block::Compressor;

use std::io::Read;

use crate::{Error, PageNumber, PageSize, source::Source};

/// Bytes of a page header.
pub(crate) const HEADER_LEN: usize = 6;

/// All zero, where the next page header would be.
pub(crate) const END_MARKER: [u8; HEADER_LEN] = [0; HEADER_LEN];

/// A 4-byte size follows the page header, then a block.
const FLAG_BLOCK: u16 = 0x0001;

/// How pages are written; every reader here takes both.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PageForm {
    /// A size and an LZ4 block. Smaller and faster; Litestream reads it from 0.5.16 on.
    #[default]
    Block,
    /// An LZ4 frame, which all of Litestream 0.5 reads.
    Frame,
}

/// The page header, and in the block form the size that follows: what the file checksum covers besides the page.
pub(crate) struct Prefix {
    bytes: [u8; HEADER_LEN + block::SIZE_LEN],
    len: usize,
}

impl Prefix {
    fn frame(page: PageNumber) -> Self {
        let mut bytes = [0; HEADER_LEN + block::SIZE_LEN];
        bytes[..4].copy_from_slice(&page.get().to_be_bytes());
        Prefix { bytes, len: HEADER_LEN }
    }

    fn block(page: PageNumber, size: u32) -> Self {
        let mut prefix = Prefix::frame(page);
        prefix.bytes[4..6].copy_from_slice(&FLAG_BLOCK.to_be_bytes());
        prefix.bytes[6..].copy_from_slice(&size.to_be_bytes());
        prefix.len = prefix.bytes.len();
        prefix
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// Reads a page header; `None` is the end marker.
pub(crate) fn read_header<R: Read>(source: &mut Source<R>) -> Result<Option<(PageNumber, u16)>, Error> {
    let [p0, p1, p2, p3, f0, f1] = source.array("page header")?;
    let flags = u16::from_be_bytes([f0, f1]);
    match PageNumber::new(u32::from_be_bytes([p0, p1, p2, p3])) {
        None if flags == 0 => Ok(None),
        None => Err(Error::BadEndMarker(flags)),
        Some(page) if flags & !FLAG_BLOCK != 0 => Err(Error::BadPageFlags { page, flags }),
        Some(page) => Ok(Some((page, flags))),
    }
}

/// Reads what follows a page header into `out`, which is as long as a page. `scratch` is reused from page to page and
/// grows to the largest compressed page.
pub(crate) fn read_body<R: Read>(
    source: &mut Source<R>,
    (page, flags): (PageNumber, u16),
    scratch: &mut Vec<u8>,
    out: &mut [u8],
) -> Result<Prefix, Error> {
    if flags & FLAG_BLOCK != 0 {
        let size = block::read(source, page, scratch, out)?;
        Ok(Prefix::block(page, size))
    } else {
        frame::read(source, page, scratch, out)?;
        Ok(Prefix::frame(page))
    }
}

/// Most bytes a whole page takes, header included.
pub(crate) fn largest(page_size: PageSize) -> usize {
    HEADER_LEN + frame::OVERHEAD + block::bound(page_size.bytes())
}
