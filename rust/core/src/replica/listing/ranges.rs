//! A replica's listing for a person: its restorable ranges and its whole snapshots.

use ltx::{Timestamp, Txid};

use crate::{
    Error, Result,
    replica::{Level, Replica, ReplicaFile},
};

/// Restorable ranges and snapshots from one listing, with the times of their newest transactions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// In order of time, oldest first.
    pub ranges: Vec<RestorableRange>,
    /// In order of time, oldest first.
    pub snapshots: Vec<ReplicaFile>,
}

impl History {
    /// Lists every level. Costs further requests for accurate times: one per end of a range and per snapshot.
    pub async fn of(replica: &Replica) -> Result<History> {
        let files = replica.all_files().await?;
        if files.is_empty() {
            replica.expect_no_legacy().await?;
        }
        let (mut ranges, mut snapshots) = (restorable_ranges(&files), snapshots(&files));
        let mut ends: Vec<_> = ranges.iter().flat_map(|run| [run.first, run.last]).collect();
        take_times(replica, &mut ends).await?;
        for (run, ends) in ranges.iter_mut().zip(ends.chunks_exact(2)) {
            (run.first, run.last) = (ends[0], ends[1]);
        }
        take_times(replica, &mut snapshots).await?;
        Ok(History { ranges, snapshots })
    }
}

/// Keeps the listing's times for all files if compaction removed one of them since.
async fn take_times(replica: &Replica, files: &mut [ReplicaFile]) -> Result<()> {
    match replica.accurate_times(files).await {
        Err(Error::Store(error)) if error.is_not_found() => Ok(()),
        taken => taken,
    }
}

/// A maximal run of transactions that can be restored without a gap, named by its first TXID (v0.3 named its
/// ranges by a random id). Compaction may have merged away single states inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestorableRange {
    /// The file with every page at the start of the run.
    pub first: ReplicaFile,
    /// The last file of the run; the same one for a lone snapshot.
    pub last: ReplicaFile,
}

impl RestorableRange {
    /// Oldest transaction that can be restored.
    pub fn start(&self) -> Txid {
        self.first.txids.max()
    }

    /// Newest transaction that can be restored.
    pub fn end(&self) -> Txid {
        self.last.txids.max()
    }

    /// Creation time of the first file.
    pub fn started_at(&self) -> Timestamp {
        self.first.created_at
    }

    /// Creation time of the last file.
    pub fn ended_at(&self) -> Timestamp {
        self.last.created_at
    }

    /// True between [`Self::start`] and [`Self::end`], even if compaction merged the exact state away.
    pub fn contains(&self, txid: Txid) -> bool {
        (self.start()..=self.end()).contains(&txid)
    }
}

/// Restorable ranges, oldest first. Takes a whole listing, in any order, of all levels; times are the listing's. A
/// file that no snapshot leads to is in no range.
pub fn restorable_ranges(files: &[ReplicaFile]) -> Vec<RestorableRange> {
    let mut steps: Vec<_> = files.iter().filter(|file| !file.txids.is_snapshot()).copied().collect();
    steps.sort_by_key(|file| file.txids.min());
    let mut steps = steps.into_iter().peekable();

    let mut ranges: Vec<RestorableRange> = Vec::new();
    for start in starts(files) {
        let mut run = match ranges.pop_if(|run| start.start() <= run.end().next()) {
            Some(run) => RestorableRange { last: farthest(run.last, start.last), ..run },
            None => start,
        };
        while let Some(step) = steps.next_if(|step| step.txids.min() <= run.end().next()) {
            run.last = farthest(run.last, step);
        }
        ranges.push(run);
    }
    ranges
}

/// The files where a restore can begin: each whole snapshot, and the first capture together with its merges.
fn starts(files: &[ReplicaFile]) -> Vec<RestorableRange> {
    let whole = files.iter().copied().filter(|file| file.txids.is_snapshot());
    let (snapshots, merged): (Vec<_>, Vec<_>) = whole.partition(|file| file.level == Level::SNAPSHOT);
    let by_end = |file: &ReplicaFile| file.txids.max();
    let merged = merged.iter().copied().min_by_key(by_end).zip(merged.iter().copied().max_by_key(by_end));

    let mut starts: Vec<_> = snapshots.into_iter().map(|file| (file, file)).chain(merged).collect();
    starts.sort_by_key(|(first, _)| first.txids.max());
    starts.into_iter().map(|(first, last)| RestorableRange { first, last }).collect()
}

fn farthest(a: ReplicaFile, b: ReplicaFile) -> ReplicaFile {
    if b.txids.max() > a.txids.max() { b } else { a }
}

/// Files that restore by themselves, oldest first: those of the snapshot level, and the first capture of all.
pub fn snapshots(files: &[ReplicaFile]) -> Vec<ReplicaFile> {
    let is_kept = |file: &&ReplicaFile| file.txids.is_snapshot() && [Level::SNAPSHOT, Level::L0].contains(&file.level);
    let mut found: Vec<_> = files.iter().filter(is_kept).copied().collect();
    found.sort_by_key(|file| (file.txids.max(), file.level));
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn file(level: u8, min: u64, max: u64) -> ReplicaFile {
        ReplicaFile::listed(level, min, max, max as i64)
    }

    fn runs(files: &[ReplicaFile]) -> Vec<(u64, u64)> {
        restorable_ranges(files).iter().map(|run| (run.start().get(), run.end().get())).collect()
    }

    #[test]
    fn one_run_from_the_first_capture() {
        assert_eq!(runs(&[file(0, 3, 3), file(0, 1, 1), file(0, 2, 2)]), [(1, 3)]);
        assert_eq!(runs(&[file(0, 1, 1), file(1, 1, 5), file(9, 1, 4), file(0, 6, 6)]), [(1, 6)]);
    }

    #[test]
    fn retention_moves_the_start_to_the_oldest_snapshot() {
        assert_eq!(runs(&[file(9, 1, 40), file(1, 31, 50), file(0, 51, 51), file(9, 1, 50)]), [(40, 51)]);
    }

    #[test]
    fn a_gap_begins_a_new_run_at_the_next_snapshot() {
        let files = [file(0, 1, 1), file(0, 2, 2), file(0, 4, 4), file(9, 1, 5), file(0, 6, 6)];
        assert_eq!(runs(&files), [(1, 2), (5, 6)]);
    }

    #[test]
    fn neighbouring_and_nested_snapshots_are_one_run() {
        assert_eq!(runs(&[file(9, 1, 5), file(9, 1, 6)]), [(5, 6)]);
        assert_eq!(runs(&[file(9, 1, 3), file(0, 4, 9), file(9, 1, 6)]), [(3, 9)]);
    }

    #[test]
    fn files_without_a_snapshot_are_no_run() {
        assert_eq!(runs(&[file(0, 2, 2), file(1, 3, 8)]), []);
        assert_eq!(runs(&[]), []);
    }

    #[test]
    fn a_run_knows_its_times_and_transactions() {
        let run = restorable_ranges(&[file(9, 1, 7), file(0, 8, 9)])[0];
        assert_eq!((run.started_at().millis(), run.ended_at().millis()), (7, 9));
        assert!(run.contains(run.start()) && run.contains(run.end()) && !run.contains(run.end().next()));
    }

    #[test]
    fn snapshots_are_level_nine_and_the_first_capture() {
        let files = [file(9, 1, 9), file(1, 1, 5), file(0, 1, 1), file(0, 2, 2), file(9, 1, 4)];
        let found: Vec<_> = snapshots(&files).iter().map(|file| (file.level.get(), file.txids.max().get())).collect();
        assert_eq!(found, [(0, 1), (9, 4), (9, 9)]);
    }
}
