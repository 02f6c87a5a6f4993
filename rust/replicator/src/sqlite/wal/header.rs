//! The 32-byte header of a WAL and the 24-byte header of a frame.

use ltx::{PageNumber, PageSize, Salt};

use super::{ByteOrder, FORMAT_VERSION, WalChecksum};

const MAGIC_LITTLE: u32 = 0x377f_0682;
const MAGIC_BIG: u32 = 0x377f_0683;

/// ```text
///  0  4  magic: byte order of the checksum's words
///  4  4  format version, 3007000
///  8  4  page size
/// 12  4  checkpoint sequence number
/// 16  8  salts
/// 24  8  checksum of the 24 bytes before
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WalHeader {
    pub order: ByteOrder,
    pub page_size: PageSize,
    pub salt: Salt,
    /// Start value of the frames' running checksum.
    pub checksum: WalChecksum,
}

impl WalHeader {
    pub const LEN: usize = 32;

    /// `None` unless the bytes are a header that SQLite itself would accept.
    pub fn decode(bytes: &[u8; Self::LEN]) -> Option<Self> {
        let order = match be32(bytes, 0) {
            MAGIC_LITTLE => ByteOrder::Little,
            MAGIC_BIG => ByteOrder::Big,
            _ => return None,
        };
        let checksum = WalChecksum(be32(bytes, 24), be32(bytes, 28));
        let sound = be32(bytes, 4) == FORMAT_VERSION && WalChecksum::default().update(order, &bytes[..24]) == checksum;
        let page_size = PageSize::new(be32(bytes, 8)).ok()?;
        sound.then_some(WalHeader { order, page_size, salt: Salt(be32(bytes, 16), be32(bytes, 20)), checksum })
    }
}

/// ```text
///  0  4  page number
///  4  4  database size in pages after the transaction; 0 unless the frame ends one
///  8  8  salts of the WAL header
/// 16  8  checksum from the WAL header through this frame: its first 8 bytes and its page
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FrameHeader {
    pub page: PageNumber,
    /// Database size in pages if this frame ends a transaction.
    pub commit: Option<u32>,
    pub salt: Salt,
    pub checksum: WalChecksum,
}

impl FrameHeader {
    pub const LEN: usize = 24;

    /// Header bytes that the checksum covers.
    pub(super) const SUMMED: usize = 8;

    /// `None` for page 0. Salts and checksum are not checked here: that takes the WAL around the frame.
    pub fn decode(bytes: &[u8; Self::LEN]) -> Option<Self> {
        let commit = be32(bytes, 4);
        Some(FrameHeader {
            page: PageNumber::new(be32(bytes, 0))?,
            commit: (commit > 0).then_some(commit),
            salt: Salt(be32(bytes, 8), be32(bytes, 12)),
            checksum: WalChecksum(be32(bytes, 16), be32(bytes, 20)),
        })
    }
}

fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
