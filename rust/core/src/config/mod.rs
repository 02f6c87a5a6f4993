//! `litestream.yml`: text in, typed settings out; rendered again for the official binary from the same types.

mod types;

pub use types::*;
