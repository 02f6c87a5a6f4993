//! How far a database is captured.

use litestream_core::{Error, Result};
use ltx::{Salt, Txid};

use crate::sqlite::wal::{FrameCount, FrameMap, WalIndex, WalPosition};

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
    /// The transaction that the next capture becomes. [`Error::Corrupt`] behind the last one there can be, which only a
    /// file of another writer bears.
    pub fn next_txid(&self) -> Result<Txid> {
        let next = self.txid.map_or(Txid::MIN, Txid::next);
        if next <= Txid::MAX {
            return Ok(next);
        }
        let problem = format!(
            "it ends with TXID {}, the last there can be, so that nothing can follow; delete the files of that TXID, \
             or replicate to another path",
            Txid::MAX
        );
        Err(Error::Corrupt { what: "the replica".to_owned(), problem })
    }
}

/// The WAL from its last restart on, as far as it is captured.
#[derive(Clone, Debug)]
pub struct WalRun {
    pub at: WalPosition,
    /// Every page written in this run up to `at`.
    pub pages: FrameMap,
}

/// How the WAL went on behind a captured position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WalChange {
    /// Nothing new is committed.
    Still,
    /// More frames follow.
    Further,
    /// The WAL began again, and everything before was captured. Its first transaction is still to come.
    Emptied,
    /// The WAL began again, and everything before was captured.
    Restarted,
    /// Commits may have come and gone unseen. Only a full capture can follow.
    Lost(&'static str),
}

impl WalRun {
    /// A WAL in which nothing is committed yet, behind everything captured.
    pub fn empty(salt: Salt) -> Self {
        WalRun { at: WalPosition::empty(salt), pages: FrameMap::default() }
    }

    /// `guarded`: the read lock was held without a break since `at` was captured. It allows one restart at most, and only of a
    /// WAL captured to its end. Without it, a restart may have removed commits.
    ///
    /// A restart adds one to the first salt, and the first writer after a truncation may draw both anew. So other salts
    /// are accepted only behind an empty WAL: a read lock on an empty WAL keeps every later commit in it.
    pub fn change(&self, index: &WalIndex, guarded: bool) -> WalChange {
        if index.salt == self.at.salt {
            return match index.frames.cmp(&self.at.frames) {
                std::cmp::Ordering::Equal => WalChange::Still,
                std::cmp::Ordering::Greater => WalChange::Further,
                std::cmp::Ordering::Less => WalChange::Lost("the WAL is shorter than what was captured"),
            };
        }
        let follows = self.at.frames == FrameCount(0) || index.salt.0 == restarted(self.at.salt).0;
        match (guarded, follows) {
            (false, _) => WalChange::Lost("the WAL was restarted while no read lock was held"),
            (true, false) => WalChange::Lost("the WAL was restarted more than once"),
            (true, true) if index.frames == FrameCount(0) => WalChange::Emptied,
            (true, true) => WalChange::Restarted,
        }
    }
}

/// A restart adds one to the first salt and draws the second at random.
fn restarted(salt: Salt) -> Salt {
    Salt(salt.0.wrapping_add(1), salt.1)
}

#[cfg(test)]
mod tests {
    use crate::sqlite::wal::WalChecksum;

    use super::*;

    /// Behind so many captured frames, what a WAL of these salts and so many frames is.
    fn change(captured: u32, guarded: bool, salt: Salt, frames: u32) -> WalChange {
        let at = WalPosition { frames: FrameCount(captured), ..WalPosition::empty(Salt(7, 7)) };
        let (frames, checksum) = (FrameCount(frames), WalChecksum::default());
        let index = WalIndex { salt, frames, commit: 10, commits: 3, checksum, backfilled: FrameCount(0) };
        WalRun { at, pages: FrameMap::default() }.change(&index, guarded)
    }

    #[test]
    fn no_transaction_is_numbered_behind_the_last_one() {
        let next = |newest| Position { txid: Some(newest), ..Position::default() }.next_txid();
        assert_eq!(Position::default().next_txid().ok(), Some(Txid::MIN));
        assert_eq!(Txid::MAX.previous().and_then(|last| next(last).ok()), Some(Txid::MAX));
        assert!(matches!(next(Txid::MAX), Err(Error::Corrupt { .. })));
    }

    #[test]
    fn a_restarted_wal_is_followed_where_it_can_have_taken_no_commits_along() {
        let (next, drawn) = (Salt(8, 1), Salt(1, 2));
        assert_eq!(change(5, true, next, 0), WalChange::Emptied);
        assert_eq!(change(5, true, next, 1), WalChange::Restarted);
        assert_eq!(change(0, true, drawn, 1), WalChange::Restarted);
        assert_eq!(change(0, true, drawn, 0), WalChange::Emptied);
        for (captured, guarded, salt) in [(5, true, drawn), (5, false, next), (0, false, next), (0, false, drawn)] {
            for frames in [0, 1] {
                let change = change(captured, guarded, salt, frames);
                assert!(matches!(change, WalChange::Lost(_)), "{captured} {guarded} {salt:?} {frames}: {change:?}");
            }
        }
    }
}
