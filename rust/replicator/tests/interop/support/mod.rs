//! What the judges stand on: a site (database, bucket, settings), engines (ours and the official ones) that work on it,
//! and witnesses that keep what the database held at a TXID.

pub mod content;
pub mod engine;
pub mod history;
pub mod site;
pub mod witness;

pub use engine::{Engine, at_txid};
pub use site::Site;
pub use witness::Witness;
