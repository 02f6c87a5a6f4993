//! One LTX file of a replica, and the level it is on.

use std::fmt;

use ltx::{Timestamp, TxidRange};

use crate::Error;

/// Tier of files: 0 as captured, 1 to 8 merged, 9 whole snapshots.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level(u8);

impl Level {
    /// Files as captured.
    pub const L0: Level = Level(0);
    /// Snapshots: files that hold every page.
    pub const SNAPSHOT: Level = Level(9);

    /// `None` above 9.
    pub fn new(level: u8) -> Option<Self> {
        (level <= Self::SNAPSHOT.0).then_some(Level(level))
    }

    /// All levels, from 0 up.
    pub fn all() -> impl Iterator<Item = Level> {
        (0..=Self::SNAPSHOT.0).map(Level)
    }

    /// The number, 0 to 9.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "L{}", self.0)
    }
}

/// One LTX file as a listing shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicaFile {
    /// Level whose prefix the file was listed under.
    pub level: Level,
    /// Transactions that the file covers, from its name; one to many.
    pub txids: TxidRange,
    /// In bytes.
    pub size: u64,
    /// Write time as the store reports it. [`Replica::accurate_times`](super::Replica::accurate_times) replaces it by
    /// the time of the newest transaction.
    pub created_at: Timestamp,
}

impl ReplicaFile {
    /// A listed file of 1,000 bytes with these TXIDs, written so many milliseconds after 1970. For tests.
    ///
    /// # Panics
    /// If there is no such level or range.
    #[cfg(any(test, feature = "testing"))]
    pub fn listed(level: u8, min: u64, max: u64, created_at: i64) -> Self {
        let txid = |number| ltx::Txid::new(number).expect("a TXID");
        let txids = TxidRange::new(txid(min), txid(max)).expect("a range of TXIDs");
        let (level, created_at) = (Level::new(level).expect("a level"), Timestamp::from_millis(created_at));
        ReplicaFile { level, txids, size: 1_000, created_at }
    }

    /// The error for damaged content. `location`: the replica, for the message.
    pub(crate) fn corrupt(&self, location: &str, problem: String) -> Error {
        let name = ltx::file_name::format(self.txids);
        Error::Corrupt { what: format!("file {name} of level {} at {location}", self.level), problem }
    }
}
