//! The first block of the map's file: describes the entries.
//!
//! ```text
//!  0  8  magic
//!  8  4  version, 1
//! 12  4  page size
//! 16  4  size of the database in pages
//! 20  4  1 while entries are being rewritten, else 0
//! 24  8  TXID that the entries describe; while they are rewritten, the one they did
//! 32  8  file checksum of the staged file of that TXID
//! 40 16  hash of the 40 bytes before
//! ```
//! Numbers are big-endian.

use ltx::{PageSize, Txid};

use super::hash::{PageHash, digest};

const MAGIC: [u8; 8] = *b"LSPAGES\0";
const VERSION: u32 = 1;
const SUMMED: usize = 40;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct MapHeader {
    pub(crate) page_size: PageSize,
    /// Size of the database in pages.
    pub(crate) commit: u32,
    /// True while entries are rewritten: each may be of `txid` or of a later transaction.
    pub(crate) in_motion: bool,
    pub(crate) txid: Txid,
    /// The file checksum of the staged file of `txid`; ties the map to one history.
    pub(crate) file_checksum: [u8; 8],
}

impl MapHeader {
    pub(crate) const LEN: usize = SUMMED + PageHash::LEN;

    pub(crate) fn encode(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_be_bytes());
        bytes[12..16].copy_from_slice(&self.page_size.get().to_be_bytes());
        bytes[16..20].copy_from_slice(&self.commit.to_be_bytes());
        bytes[20..24].copy_from_slice(&u32::from(self.in_motion).to_be_bytes());
        bytes[24..32].copy_from_slice(&self.txid.get().to_be_bytes());
        bytes[32..40].copy_from_slice(&self.file_checksum);
        let sum = digest(&[&bytes[..SUMMED]]);
        bytes[SUMMED..].copy_from_slice(&sum);
        bytes
    }

    /// `None` unless the bytes are whole and of this version.
    pub(crate) fn decode(bytes: &[u8; Self::LEN]) -> Option<Self> {
        let word = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let long = |at: usize| u64::from(word(at)) << 32 | u64::from(word(at + 4));
        let sound = bytes[..8] == MAGIC && word(8) == VERSION && digest(&[&bytes[..SUMMED]]) == bytes[SUMMED..];
        sound.then_some(())?;
        Some(MapHeader {
            page_size: PageSize::new(word(12)).ok()?,
            commit: word(16),
            in_motion: word(20) != 0,
            txid: Txid::new(long(24))?,
            file_checksum: long(32).to_be_bytes(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_header_comes_back_and_one_of_which_any_bit_is_wrong_does_not() {
        let header = MapHeader {
            page_size: PageSize::new(4096).unwrap(),
            commit: 77,
            in_motion: true,
            txid: Txid::new(9).unwrap(),
            file_checksum: [1, 2, 3, 4, 5, 6, 7, 8],
        };
        let bytes = header.encode();
        assert_eq!(MapHeader::decode(&bytes), Some(header));
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes;
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(MapHeader::decode(&damaged), None, "bit {bit}");
        }
    }
}
