//! The first 100 bytes of an LTX file. All integers are big-endian.
//!
//! | offset | bytes | field              |                                                            |
//! |-------:|------:|--------------------|------------------------------------------------------------|
//! |      0 |     4 | magic              | `LTX1`                                                     |
//! |      4 |     4 | flags              | 0x2: no database checksums; every other bit is an error     |
//! |      8 |     4 | page size          | a power of two, 512 to 65536                               |
//! |     12 |     4 | commit             | database size in pages once the file is applied            |
//! |     16 |     8 | min TXID           | from 1 to 2^64 - 2; exactly 1 makes the file a snapshot    |
//! |     24 |     8 | max TXID           | not below min, not above 2^64 - 2                          |
//! |     32 |     8 | timestamp          | signed, Unix milliseconds                                  |
//! |     40 |     8 | pre-apply checksum | 0: none                                                    |
//! |     48 |     8 | WAL offset         | signed, never negative                                     |
//! |     56 |     8 | WAL size           | signed, never negative                                     |
//! |     64 |     8 | WAL salts          | two words                                                  |
//! |     72 |     8 | node id            | 0                                                          |
//! |     80 |    20 | reserved           | written as zero, ignored when read                         |

use crate::{Checksum, Error, PageSize, Salt, Timestamp, Txid, TxidRange, WalSpan};

const MAGIC: [u8; 4] = *b"LTX1";
const FLAG_NO_CHECKSUM: u32 = 0x2;

/// The header of an LTX file. All its rules are checked by [`Header::decode`] and [`Header::encode`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Bytes per page, the same in the whole file.
    pub page_size: PageSize,
    /// Size of the database after this file, in pages; 0 for an empty database.
    pub commit: u32,
    /// The transactions that this file covers.
    pub txids: TxidRange,
    /// The time of the newest of them.
    pub timestamp: Timestamp,
    /// The part of the WAL that was captured; all zero in merged files.
    pub wal: WalSpan,
    /// Checksum of the database before this file; `None` in snapshots and in files that do not track database checksums,
    /// such as all that Litestream writes.
    pub pre_apply_checksum: Option<Checksum>,
    /// The node that wrote the file; 0 in Litestream's files.
    pub node_id: u64,
}

impl Header {
    /// Bytes of an encoded header.
    pub const LEN: usize = 100;

    /// True if the file begins at TXID 1. It then holds every page.
    pub fn is_snapshot(&self) -> bool {
        self.txids.is_snapshot()
    }

    /// Reads and validates a header. The 20 reserved bytes are ignored here, but the file checksum covers them.
    pub fn decode(bytes: &[u8; Header::LEN]) -> Result<Header, Error> {
        let (header, _) = Header::decode_tracked(bytes)?;
        Ok(header)
    }

    /// Reads and validates a header. Also returns whether the file tracks database checksums, which the fields of a
    /// snapshot do not show.
    pub(crate) fn decode_tracked(bytes: &[u8; Header::LEN]) -> Result<(Header, bool), Error> {
        let magic: [u8; 4] = field(bytes, 0);
        if magic != MAGIC {
            return Err(Error::BadMagic(magic));
        }
        let flags = u32_at(bytes, 4);
        if flags & !FLAG_NO_CHECKSUM != 0 {
            return Err(Error::BadHeaderFlags(flags));
        }
        let min = txid_at(bytes, 16, "first")?;
        let max = txid_at(bytes, 24, "last")?;
        let header = Header {
            page_size: PageSize::new(u32_at(bytes, 8))?,
            commit: u32_at(bytes, 12),
            txids: TxidRange::new(min, max)?,
            timestamp: Timestamp::from_millis(u64_at(bytes, 32) as i64),
            wal: WalSpan {
                offset: u64_at(bytes, 48),
                size: u64_at(bytes, 56),
                salt: Salt(u32_at(bytes, 64), u32_at(bytes, 68)),
            },
            pre_apply_checksum: Checksum::from_wire(u64_at(bytes, 40))?,
            node_id: u64_at(bytes, 72),
        };
        let tracked = flags & FLAG_NO_CHECKSUM == 0;
        header.validate(tracked)?;
        Ok((header, tracked))
    }

    /// Validates and encodes a header. Its flags say "no database checksums" unless there is a pre-apply checksum.
    pub fn encode(&self) -> Result<[u8; Header::LEN], Error> {
        let tracked = self.pre_apply_checksum.is_some();
        self.validate(tracked)?;
        let flags = if tracked { 0 } else { FLAG_NO_CHECKSUM };
        let mut bytes = [0; Header::LEN];
        bytes[0..4].copy_from_slice(&MAGIC);
        bytes[4..8].copy_from_slice(&flags.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.page_size.get().to_be_bytes());
        bytes[12..16].copy_from_slice(&self.commit.to_be_bytes());
        bytes[16..24].copy_from_slice(&self.txids.min().get().to_be_bytes());
        bytes[24..32].copy_from_slice(&self.txids.max().get().to_be_bytes());
        bytes[32..40].copy_from_slice(&self.timestamp.millis().to_be_bytes());
        bytes[40..48].copy_from_slice(&self.pre_apply_checksum.map_or(0, Checksum::get).to_be_bytes());
        bytes[48..56].copy_from_slice(&self.wal.offset.to_be_bytes());
        bytes[56..64].copy_from_slice(&self.wal.size.to_be_bytes());
        bytes[64..68].copy_from_slice(&self.wal.salt.0.to_be_bytes());
        bytes[68..72].copy_from_slice(&self.wal.salt.1.to_be_bytes());
        bytes[72..80].copy_from_slice(&self.node_id.to_be_bytes());
        Ok(bytes)
    }

    fn validate(&self, tracked: bool) -> Result<(), Error> {
        let WalSpan { offset, size, salt } = self.wal;
        for (field, value) in [("offset", offset), ("size", size)] {
            if i64::try_from(value).is_err() {
                return Err(Error::WalRange { field, value });
            }
        }
        if offset == 0 && salt != Salt::default() {
            return Err(Error::WalOffsetMissing("salt"));
        }
        if offset == 0 && size != 0 {
            return Err(Error::WalOffsetMissing("size"));
        }
        match (self.pre_apply_checksum, self.is_snapshot(), tracked) {
            (Some(_), true, _) => Err(Error::PreChecksumOnSnapshot),
            (Some(_), false, false) => Err(Error::ChecksumUnannounced("pre-apply")),
            (None, false, true) => Err(Error::ChecksumMissing("pre-apply")),
            _ => Ok(()),
        }
    }
}

fn field<const N: usize>(bytes: &[u8; Header::LEN], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("BUG: a field has its own length")
}

fn u32_at(bytes: &[u8; Header::LEN], at: usize) -> u32 {
    u32::from_be_bytes(field(bytes, at))
}

fn txid_at(bytes: &[u8; Header::LEN], at: usize, which: &'static str) -> Result<Txid, Error> {
    let value = u64_at(bytes, at);
    Txid::new(value).ok_or(Error::BadHeaderTxid { which, value })
}

fn u64_at(bytes: &[u8; Header::LEN], at: usize) -> u64 {
    u64::from_be_bytes(field(bytes, at))
}
