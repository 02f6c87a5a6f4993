//! The frame form: one complete LZ4 frame with a single data block.
//!
//! | bytes | field             |                                                                               |
//! |------:|-------------------|-------------------------------------------------------------------------------|
//! |     4 | magic             | `04 22 4d 18`                                                                 |
//! |     1 | FLG               | `64`: version 1, independent blocks, content checksum, no content size        |
//! |     1 | BD                | `40`: blocks of at most 64 KiB                                                |
//! |     1 | header checksum   | second byte of the xxh32 of FLG and BD                                        |
//! |     4 | block size        | little-endian; the top bit says that the block is stored, not compressed      |
//! |     n | block             |                                                                               |
//! |     4 | end mark          | zero                                                                          |
//! |     4 | content checksum  | little-endian xxh32 of the page                                               |
//!
//! Litestream's reader takes the 8 bytes after the block for granted, so the content checksum is never left out.

use std::io::Read;

use twox_hash::XxHash32;

use super::block;
use crate::{Error, PageNumber, source::Source};

const MAGIC: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];
const FLG: u8 = 0x64;
const BD: u8 = 0x40;
const STORED: u32 = 1 << 31;
const HEADER_LEN: usize = MAGIC.len() + 3 + 4;
const END_MARK: [u8; 4] = [0; 4];
const FOOTER_LEN: usize = END_MARK.len() + 4;

/// Bytes of a frame besides its block.
pub(super) const OVERHEAD: usize = HEADER_LEN + FOOTER_LEN;

/// Appends a frame; stores `data` itself where `block`, its compressed form, is no shorter.
pub(super) fn append(data: &[u8], block: &[u8], out: &mut Vec<u8>) {
    let (payload, size) =
        if block.len() < data.len() { (block, block.len() as u32) } else { (data, data.len() as u32 | STORED) };
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[FLG, BD, header_checksum(FLG, BD)]);
    out.extend_from_slice(&size.to_le_bytes());
    out.extend_from_slice(payload);
    out.extend_from_slice(&END_MARK);
    out.extend_from_slice(&XxHash32::oneshot(0, data).to_le_bytes());
}

/// Reads a frame whose content must fill `out` exactly.
pub(super) fn read<R: Read>(
    source: &mut Source<R>,
    page: PageNumber,
    scratch: &mut Vec<u8>,
    out: &mut [u8],
) -> Result<(), Error> {
    let bad = |problem| Error::BadFrame { page, problem };
    let [m0, m1, m2, m3, flg, bd, hc, size @ ..]: [u8; HEADER_LEN] = source.array("page")?;
    if [m0, m1, m2, m3] != MAGIC {
        return Err(bad("it does not begin with the LZ4 magic number"));
    }
    if hc != header_checksum(flg, bd) {
        return Err(bad("its header checksum is wrong"));
    }
    if flg != FLG || !matches!(bd, 0x40 | 0x50 | 0x60 | 0x70) {
        return Err(bad(
            "it is not of the kind Litestream writes: independent blocks, content checksum, no content size",
        ));
    }
    let size = u32::from_le_bytes(size);
    let (stored, len) = (size & STORED != 0, size & !STORED);
    if stored {
        if len as usize != out.len() {
            return Err(Error::PageLength { page, found: len as usize, expected: out.len() });
        }
        source.read_exact(out, "page")?;
    } else {
        let limit = block::bound(out.len());
        if len as usize > limit {
            return Err(Error::CompressedLength { page, found: len, limit });
        }
        scratch.resize(len as usize, 0);
        source.read_exact(scratch, "page")?;
        block::expand(scratch, page, out)?;
    }
    read_footer(source, page, out)
}

fn read_footer<R: Read>(source: &mut Source<R>, page: PageNumber, out: &[u8]) -> Result<(), Error> {
    let [e0, e1, e2, e3, checksum @ ..]: [u8; FOOTER_LEN] = source.array("page")?;
    if [e0, e1, e2, e3] != END_MARK {
        return Err(Error::BadFrame { page, problem: "it does not end after its first block" });
    }
    if u32::from_le_bytes(checksum) != XxHash32::oneshot(0, out) {
        return Err(Error::BadFrame { page, problem: "its content checksum is wrong" });
    }
    Ok(())
}

fn header_checksum(flg: u8, bd: u8) -> u8 {
    (XxHash32::oneshot(0, &[flg, bd]) >> 8) as u8
}
