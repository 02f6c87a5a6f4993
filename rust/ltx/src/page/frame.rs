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
//! Litestream's reader expects the 8 bytes after the block, so the content checksum is never omitted.

use std::io::BufRead;

use twox_hash::XxHash32;

use super::block;
use crate::{Error, PageNumber, PageSize, source::Source};

const MAGIC: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];
const FLG: u8 = 0x64;
const BD: u8 = 0x40;
const STORED: u32 = 1 << 31;
const HEADER_LEN: usize = MAGIC.len() + 3 + 4;
const END_MARK: [u8; 4] = [0; 4];
const FOOTER_LEN: usize = END_MARK.len() + 4;

/// Bytes of a frame without its block.
pub(super) const OVERHEAD: usize = HEADER_LEN + FOOTER_LEN;

/// Appends a frame. Stores `data` itself if `block`, its compressed form, is not shorter.
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

/// Appends a frame to `raw`, after its header has shown that it may hold a page.
pub(super) fn read_raw<R: BufRead>(
    source: &mut Source<R>,
    page: PageNumber,
    page_size: PageSize,
    raw: &mut Vec<u8>,
) -> Result<(), Error> {
    let bad = |problem| Error::BadFrame { page, problem };
    let header: [u8; HEADER_LEN] = source.array("page")?;
    let [m0, m1, m2, m3, flg, bd, hc, size @ ..] = header;
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
    let (stored, len) = payload(size);
    let (expected, limit) = (page_size.bytes(), block::bound(page_size.bytes()));
    if stored && len as usize != expected {
        return Err(Error::PageLength { page, found: len as usize, expected });
    }
    if len as usize > limit {
        return Err(Error::CompressedLength { page, found: len, limit });
    }
    raw.extend_from_slice(&header);
    source.append(len as usize + FOOTER_LEN, raw, "page")
}

/// Expands a frame that [`read_raw`] appended. Its content must fill `out` exactly.
pub(super) fn expand(frame: &[u8], page: PageNumber, out: &mut [u8]) -> Result<(), Error> {
    let bad = |problem| Error::BadFrame { page, problem };
    let (header, rest) = frame.split_first_chunk::<HEADER_LEN>().expect("BUG: a frame without its header");
    let (data, footer) = rest.split_last_chunk::<FOOTER_LEN>().expect("BUG: a frame without its footer");
    let [.., s0, s1, s2, s3] = *header;
    match payload([s0, s1, s2, s3]) {
        (true, _) => out.copy_from_slice(data),
        (false, _) => block::expand(data, page, out)?,
    }
    let [e0, e1, e2, e3, checksum @ ..] = *footer;
    if [e0, e1, e2, e3] != END_MARK {
        return Err(bad("it does not end after its first block"));
    }
    if u32::from_le_bytes(checksum) != XxHash32::oneshot(0, out) {
        return Err(bad("its content checksum is wrong"));
    }
    Ok(())
}

/// Returns true for a block that is stored uncompressed, and its length in bytes.
fn payload(size: [u8; 4]) -> (bool, u32) {
    let size = u32::from_le_bytes(size);
    (size & STORED != 0, size & !STORED)
}

fn header_checksum(flg: u8, bd: u8) -> u8 {
    (XxHash32::oneshot(0, &[flg, bd]) >> 8) as u8
}
