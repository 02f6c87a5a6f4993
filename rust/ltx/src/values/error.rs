//! The errors of single values. They know nothing of files.

/// A text or number that is not a value of the format.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message documents its variant")]
pub enum ValueError {
    #[error("{0:?} is not a TXID (16 lowercase hex digits, from 0000000000000001 to fffffffffffffffe)")]
    BadTxid(String),

    #[error("TXID range ends before it begins: {min:016x} > {max:016x}")]
    TxidOrder { min: u64, max: u64 },

    #[error("page size {0} is not a power of two from 512 to 65536")]
    BadPageSize(u32),

    #[error("{0:?} is not an RFC 3339 time, such as 2026-11-22T19:57:15.654Z")]
    BadTimestamp(String),

    #[error("{0:?} is not a checksum (16 lowercase hex digits, the first one 8 or above)")]
    BadChecksum(String),

    #[error("checksum {0:016x} lacks its top bit, which says that it is present")]
    ChecksumUnmarked(u64),
}
