//! `litestream.yml`: text in, typed settings out; rendered again for the official binary from the same types.

pub mod path;
pub mod s3_url;
mod types;

pub use types::*;
