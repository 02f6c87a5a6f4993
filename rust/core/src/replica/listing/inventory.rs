//! A replica at a glance, from its listing alone: its files, its restorable states, and its gaps.

use std::time::Duration;

use ltx::{Timestamp, Txid, TxidRange};
use tokio::time;

use super::ranges::{RestorableRange, restorable_ranges};
use crate::{
    Result,
    replica::{Replica, ReplicaFile},
};

/// Most listings, and the pause before another one: compaction moves files during a listing.
const LISTINGS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 200 });

/// Files, restorable states and gaps of a replica. Times are the listing's: on S3 up to one compaction interval later
/// than the transactions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Files by level, then TXIDs.
    pub files: Vec<ReplicaFile>,
    /// Ranges, oldest first.
    pub ranges: Vec<RestorableRange>,
    /// Every state that a restore can reach exactly, oldest first.
    pub points: Vec<RestorePoint>,
    /// Missing transactions that later ones follow, oldest first.
    pub gaps: Vec<TxidRange>,
}

/// A restorable state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestorePoint {
    /// Newest transaction of the state.
    pub txid: Txid,
    /// Creation time of the file that ends there.
    pub at: Timestamp,
}

impl Inventory {
    /// Lists the replica, and again if a gap may only come from compaction during the listing.
    pub async fn of(replica: &Replica) -> Result<Inventory> {
        for _ in 1..LISTINGS {
            let found = Inventory::new(replica.all_files().await?);
            if found.files.is_empty() {
                replica.expect_no_legacy().await?;
            }
            if found.gaps.is_empty() {
                return Ok(found);
            }
            time::sleep(PAUSE).await;
        }
        Ok(Inventory::new(replica.all_files().await?))
    }

    /// Builds the inventory from a whole listing, in any order.
    pub fn new(files: Vec<ReplicaFile>) -> Inventory {
        let ranges = restorable_ranges(&files);
        Inventory { points: points(&files), gaps: gaps(&files, &ranges), ranges, files }
    }
}

/// The last transaction of a file is restorable if a restorable state is within the file or right before it. In this
/// order, the newest such state is known at each file's turn.
fn points(files: &[ReplicaFile]) -> Vec<RestorePoint> {
    let mut files: Vec<_> = files.iter().collect();
    files.sort_by_key(|file| (file.txids.max(), file.created_at));
    let mut points: Vec<RestorePoint> = Vec::new();
    for file in files {
        let reached = points.last().map(|point| point.txid);
        let txid = file.txids.max();
        let leads = file.txids.is_snapshot() || reached.is_some_and(|reached| file.txids.min() <= reached.next());
        if leads && reached != Some(txid) {
            points.push(RestorePoint { txid, at: file.created_at });
        }
    }
    points
}

/// The gaps between runs, and from the last run to the newest transaction.
fn gaps(files: &[ReplicaFile], ranges: &[RestorableRange]) -> Vec<TxidRange> {
    let mut gaps = Vec::new();
    let next_runs = ranges.iter().skip(1).map(|run| Some(run.start())).chain([None]);
    for (run, next) in ranges.iter().zip(next_runs) {
        let missing_from = run.end().next();
        let beyond = files
            .iter()
            .filter(|file| file.txids.min() > missing_from && next.is_none_or(|next| file.txids.max() < next));
        let to = beyond.map(|file| file.txids.min()).min().or(next).and_then(Txid::previous);
        gaps.extend(to.and_then(|to| TxidRange::new(missing_from, to).ok()));
    }
    gaps
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::restore::{Target, plan};

    fn file(level: u8, min: u64, max: u64) -> ReplicaFile {
        ReplicaFile::listed(level, min, max, max as i64)
    }

    fn seen(files: &[ReplicaFile]) -> (Vec<u64>, Vec<(u64, u64)>) {
        let inventory = Inventory::new(files.to_vec());
        let gaps = inventory.gaps.iter().map(|gap| (gap.min().get(), gap.max().get())).collect();
        (inventory.points.iter().map(|point| point.txid.get()).collect(), gaps)
    }

    /// The states according to the restore plan, transaction by transaction.
    fn restorable(files: &[ReplicaFile]) -> Vec<u64> {
        let last = files.iter().map(|file| file.txids.max().get()).max().unwrap_or(0);
        (1..=last).filter(|&txid| plan(files, Target::Txid(Txid::new(txid).unwrap())).is_ok()).collect()
    }

    #[test]
    fn every_point_can_be_restored_exactly() {
        let replicas: [&[ReplicaFile]; 5] = [
            &[file(0, 1, 1), file(0, 2, 2), file(0, 3, 3)],
            &[file(9, 1, 40), file(1, 31, 50), file(0, 45, 45), file(0, 50, 50), file(0, 51, 51)],
            &[file(9, 1, 4), file(0, 6, 6), file(9, 1, 8), file(1, 7, 9)],
            &[file(0, 2, 2), file(1, 3, 8)],
            &[file(9, 1, 4), file(2, 1, 10), file(1, 4, 6), file(0, 7, 7), file(0, 9, 9)],
        ];
        for files in replicas {
            assert_eq!(seen(files).0, restorable(files), "{files:?}");
        }
        assert_eq!(seen(replicas[1]).0, [40, 50, 51]);
    }

    #[test]
    fn gaps_lie_between_runs_and_before_files_of_no_run() {
        assert_eq!(seen(&[file(9, 1, 4), file(0, 5, 5)]).1, []);
        assert_eq!(seen(&[file(0, 1, 1), file(0, 2, 2), file(0, 4, 4), file(9, 1, 5)]).1, [(3, 3)]);
        assert_eq!(seen(&[file(9, 1, 4), file(0, 7, 7), file(0, 8, 8)]).1, [(5, 6)]);
        assert_eq!(seen(&[file(9, 1, 4), file(9, 1, 9)]).1, [(5, 8)]);
    }
}
