//! The block form: u32 size, then a raw LZ4 block. Incompressible pages grow a little; there is no uncompressed form.

use std::io::BufRead;

use lz4_flex::block::decompress_into;

use crate::{Error, PageNumber, PageSize, source::Source};

/// Length of the size field between page header and block, in bytes.
pub(super) const SIZE_LEN: usize = 4;

/// The longest LZ4 block for `len` bytes: all of them literal, plus their count.
pub(super) fn bound(len: usize) -> usize {
    len + len / 255 + 16
}

/// Appends size and block.
pub(super) fn append(block: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&(block.len() as u32).to_be_bytes());
    out.extend_from_slice(block);
}

/// Appends size and block to `raw`.
pub(super) fn read_raw<R: BufRead>(
    source: &mut Source<R>,
    page: PageNumber,
    page_size: PageSize,
    raw: &mut Vec<u8>,
) -> Result<(), Error> {
    let size: [u8; SIZE_LEN] = source.array("compressed page size")?;
    let found = u32::from_be_bytes(size);
    let limit = bound(page_size.bytes());
    if found as usize > limit {
        return Err(Error::CompressedLength { page, found, limit });
    }
    raw.extend_from_slice(&size);
    source.append(found as usize, raw, "page")
}

/// Expands a block. It must fill `out` exactly.
pub(super) fn expand(block: &[u8], page: PageNumber, out: &mut [u8]) -> Result<(), Error> {
    let expected = out.len();
    match decompress_into(block, out) {
        Ok(found) if found == expected => Ok(()),
        Ok(found) => Err(Error::PageLength { page, found, expected }),
        Err(problem) => Err(Error::BadCompression { page, problem: problem.to_string() }),
    }
}
