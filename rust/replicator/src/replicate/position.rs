//! How far a database is captured.

use litestream_core::wal::{FrameMap, WalIndex, WalPosition};
use ltx::{Salt, Txid};

/// Where capture stands.
#[derive(Debug, Default)]
pub struct Position {
    /// The newest captured transaction; `None` before the first.
    pub txid: Option<Txid>,
    /// Database size in pages at `txid`; 0 before the first.
    pub commit: u32,
    /// Where the next commits are found; `None` if only a full capture can follow.
    pub run: Option<WalRun>,
}

impl Position {
    /// The transaction that the next capture becomes.
    pub fn next_txid(&self) -> Txid {
        self.txid.map_or(Txid::MIN, Txid::next)
    }
}

/// The WAL from its last restart on, as far as it is captured.
#[derive(Debug)]
pub struct WalRun {
    pub at: WalPosition,
    /// Every page written in this run up to `at`.
    pub pages: FrameMap,
}

/// How the WAL went on behind a captured position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Onward {
    /// Nothing new is committed.
    Still,
    /// More frames follow.
    Further,
    /// The WAL began again, and everything before was captured.
    Restarted,
    /// Commits may have come and gone unseen. Only a full capture can follow.
    Lost(&'static str),
}

impl WalRun {
    /// `guarded`: the read lock was held without a break since `at` was captured. It allows one restart at most, and
    /// only of a WAL captured to its end; without it, a restart may have taken commits along.
    pub fn onward(&self, index: &WalIndex, guarded: bool) -> Onward {
        if index.salt == self.at.salt {
            return match index.frames.cmp(&self.at.frames) {
                std::cmp::Ordering::Equal => Onward::Still,
                std::cmp::Ordering::Greater => Onward::Further,
                std::cmp::Ordering::Less => Onward::Lost("the WAL is shorter than what was captured"),
            };
        }
        match (guarded, index.salt.0 == restarted(self.at.salt).0) {
            (false, _) => Onward::Lost("the WAL was restarted while nobody watched"),
            (true, false) => Onward::Lost("the WAL was restarted more than once"),
            // The restart itself; its first transaction is still on its way.
            (true, true) if index.frames.0 == 0 => Onward::Still,
            (true, true) => Onward::Restarted,
        }
    }
}

/// A restart adds one to the first salt and draws the second at random.
fn restarted(salt: Salt) -> Salt {
    Salt(salt.0.wrapping_add(1), salt.1)
}
