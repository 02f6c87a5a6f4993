//! The state to restore.

use std::fmt;

use ltx::{Timestamp, Txid};

/// A state of the database that a replica may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// The newest state of the replica.
    #[default]
    Latest,
    /// The state right after this transaction, or an error: compaction may have merged it away.
    Txid(Txid),
    /// The newest state from files created before this moment, as in official Litestream.
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
