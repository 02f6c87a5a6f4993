//! What state to restore.

use std::fmt;

use ltx::{Timestamp, Txid};

/// A state of the database that a replica may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// Everything the replica has.
    #[default]
    Latest,
    /// Right after this transaction, or nothing: a state that compaction swallowed cannot be had.
    Txid(Txid),
    /// The newest state from files that were created before this moment, as official Litestream reads it.
    Time(Timestamp),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Latest => f.write_str("the latest state"),
            Target::Txid(txid) => write!(f, "TXID {txid}"),
            Target::Time(time) => write!(f, "the state at {time}"),
        }
    }
}
