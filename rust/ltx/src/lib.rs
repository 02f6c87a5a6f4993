//! The LTX file format of Litestream v0.5: immutable files of pages that take a database from one transaction to
//! another.
//!
//! ```text
//! header      100 bytes                      header
//! pages       ascending, each compressed     page
//! end marker  6 zero bytes
//! page index  the offset of each page        page_index
//! trailer     checksums, 16 bytes            trailer
//! ```
//! [`Encoder`] writes and [`Decoder`] reads a file front to back. [`Slicer`] cuts it for several cores. [`merge`] turns a
//! chain of files into one. The crate does no I/O beyond `Read` and `Write`, and starts no threads.

#![deny(missing_docs)]

mod decode;
mod encode;
mod error;
pub mod file_name;
mod header;
mod merge;
mod page;
mod page_index;
mod source;
mod trailer;
mod values;

pub use decode::{Decoder, Slice, Slicer, Tally};
pub use encode::{Encoder, PageBatch, Scratch, Summary};
pub use error::Error;
pub use header::Header;
pub use merge::{merge, merge_with_scratch};
pub use page::PageForm;
pub use page_index::{PageIndex, PageIndexEntry};
pub use trailer::Trailer;
pub use values::{
    Checksum, DatabaseChecksum, PageNumber, PageSize, Salt, Timestamp, Txid, TxidRange, ValueError, WalSpan,
};
