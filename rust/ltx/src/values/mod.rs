//! The values that LTX files are made of, and how numbers are encoded.

mod checksum;
mod error;
mod timestamp;
mod types;
pub(crate) mod varint;

pub(crate) use checksum::Hasher;
pub use checksum::{Checksum, DatabaseChecksum};
pub use error::ValueError;
pub use types::*;
