//! The LTX file format, as Litestream v0.5 writes and reads it.
mod types;
pub use types::*;

/// Why bytes are not an LTX file, or values cannot become one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("{0:?} is not a TXID (16 lowercase hex digits, not zero)")]
    BadTxid(String),

    #[error("TXID range ends before it begins: {min} > {max}")]
    TxidOrder { min: Txid, max: Txid },

    #[error("page size {0} is not a power of two from 512 to 65536")]
    BadPageSize(u32),
}
