//! The LTX file format, as Litestream v0.5 writes and reads it: immutable files of pages that carry a database from
//! one transaction to another.
//!
//! ```text
//! header      100 bytes                      header
//! pages       ascending, each compressed     page
//! end marker  6 zero bytes
//! page index  where each page lies           page_index
//! trailer     checksums, 16 bytes            trailer
//! ```
//! [`Encoder`] and [`Decoder`] go through a file front to back; [`merge`] folds a chain of files into one. The crate
//! does no I/O of its own beyond `Read` and `Write`.

mod checksum;
mod decoder;
mod encoder;
mod error;
pub mod file_name;
mod header;
mod merge;
mod page;
mod page_index;
mod page_order;
mod source;
mod timestamp;
mod trailer;
mod types;
mod varint;

pub use checksum::{Checksum, DatabaseChecksum};
pub use decoder::Decoder;
pub use encoder::{Encoder, Summary};
pub use error::Error;
pub use header::Header;
pub use merge::{Merger, merge};
pub use page::PageForm;
pub use page_index::{PageIndex, PageIndexEntry};
pub use trailer::Trailer;
pub use types::*;
