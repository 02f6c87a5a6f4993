//! The values that LTX files are made of, and how numbers are encoded.

mod checksum;
mod timestamp;
mod types;
pub(crate) mod varint;

pub(crate) use checksum::Hasher;
pub use checksum::{Checksum, DatabaseChecksum};
pub use types::*;
