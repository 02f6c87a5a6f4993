//! The equipment of the judges: a site (database, bucket, settings), engines (ours and the official ones) that work on
//! it, and witnesses that keep the content of the database at a TXID.

pub mod content;
pub mod engine;
pub mod history;
pub mod site;
pub mod witness;

pub use engine::{Engine, at_txid};
pub use site::Site;
pub use witness::Witness;
