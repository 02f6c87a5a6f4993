//! Finds where a restarted process continues: compares the staged files with the replica.

use litestream_core::{
    Result,
    replica::{Level, Replica, ReplicaFile},
    restore::missing,
};
use ltx::{Txid, TxidRange};

use crate::{
    ownership::{
        compare::{Comparison, compare, is_whole},
        rollback::withdraw,
    },
    stage::Stage,
};

const DAMAGED: &str = "a staged file is damaged";

/// The state that replication continues from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StartingPoint {
    /// The newest transaction, staged or in the replica; `None`: both are empty.
    pub newest: Option<Txid>,
    /// True if the file of `newest` is staged.
    pub staged: bool,
    /// The newest transaction in the replica with no gap before it, except `gap`. Files after it up to `newest` are
    /// pending.
    pub acknowledged: Option<Txid>,
    /// Transactions before `acknowledged` that are lost: neither staged nor in the replica.
    pub gap: Option<TxidRange>,
    /// The replica's files as listed.
    pub files: Vec<ReplicaFile>,
}

/// Lists the replica once and rolls back unacknowledged files after a conflict. A failed listing is an error, never an
/// empty replica.
pub async fn listed(stage: &Stage, replica: &Replica) -> Result<Vec<ReplicaFile>> {
    stage.remove_superseded()?;
    let mut files = replica.all_files().await?;
    withdraw(stage, replica, &mut files).await?;
    Ok(files)
}

/// `files`: from [`listed`]. Removes staged files that do not continue them. Then a full capture continues behind the
/// replica's newest transaction.
pub async fn start(stage: &Stage, replica: &Replica, files: Vec<ReplicaFile>) -> Result<StartingPoint> {
    let newest = files.iter().map(|file| file.txids.max()).max();
    let gap = missing(&files);
    // A crash between uploads leaves a gap that the staged files fill.
    let reached = gap.and_then(|gap| gap.min().previous());
    let mut reason = "the replica has a gap";
    for (acknowledged, gap) in [(reached, None), (newest, gap)].into_iter().skip(usize::from(gap.is_none())) {
        match continuation(stage, replica, &files, acknowledged).await? {
            Ok(chain) => {
                return Ok(StartingPoint { newest: Some(chain.newest), staged: true, acknowledged, gap, files });
            }
            Err(why) => reason = why,
        }
    }
    if !stage.files()?.is_empty() {
        tracing::info!(replica = replica.location(), reason, "staged files set aside");
        stage.clear()?;
    }
    Ok(StartingPoint { newest, staged: false, acknowledged: newest, gap, files })
}

/// The staged files, if they continue `acknowledged` in the replica and share its history.
async fn continuation(
    stage: &Stage,
    replica: &Replica,
    files: &[ReplicaFile],
    acknowledged: Option<Txid>,
) -> Result<Result<Chain, &'static str>> {
    let newest = files.iter().map(|file| file.txids.max()).max();
    match chain(&stage.files()?, acknowledged, newest) {
        Ok(chain) => Ok(same_history(stage, replica, files, &chain, acknowledged).await?.map(|()| chain)),
        Err(reason) => Ok(Err(reason)),
    }
}

/// Staged files without a gap between them, up to the newest transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Chain {
    /// In ascending order.
    files: Vec<TxidRange>,
    newest: Txid,
}

/// The staged chain, if it begins at or directly behind `acknowledged` and reaches the replica's newest transaction or
/// beyond.
fn chain(
    staged: &[TxidRange],
    acknowledged: Option<Txid>,
    replicas_newest: Option<Txid>,
) -> Result<Chain, &'static str> {
    let newest = staged.last().ok_or("nothing is staged")?.max();
    let mut files: Vec<TxidRange> = Vec::new();
    for &txids in staged.iter().rev() {
        if files.last().is_some_and(|later| txids.max().next() != later.min()) {
            break;
        }
        files.push(txids);
    }
    files.reverse();
    if acknowledged.map_or(Txid::MIN, Txid::next) < files[0].min() {
        Err("transactions between the replica and the staged files are missing")
    } else if Some(newest) < replicas_newest {
        Err("the replica is ahead of the staged files")
    } else {
        Ok(Chain { files, newest })
    }
}

/// Checks that the pending files are whole, and that files in both replica and stage are equal from the newest
/// acknowledged transaction on.
async fn same_history(
    stage: &Stage,
    replica: &Replica,
    files: &[ReplicaFile],
    chain: &Chain,
    acknowledged: Option<Txid>,
) -> Result<Result<(), &'static str>> {
    let overlap = |a: &TxidRange, b: &TxidRange| a != b && a.min() <= b.max() && b.min() <= a.max();
    for txids in chain.files.iter().filter(|txids| Some(txids.max()) >= acknowledged) {
        // Our squashed files were never sent in parts, so the parts belong to another writer.
        if files.iter().any(|file| file.level == Level::L0 && overlap(txids, &file.txids)) {
            return Ok(Err("the replica's newest transactions have another history"));
        }
    }
    let candidates = files.iter().filter(|file| file.level == Level::L0 && chain.files.contains(&file.txids));
    for candidate in candidates.filter(|file| Some(file.txids.max()) >= acknowledged) {
        match compare(stage, replica, candidate, candidate.txids).await? {
            Comparison::Same | Comparison::Gone => {}
            Comparison::Foreign => return Ok(Err("the replica's newest transactions have another history")),
            Comparison::OursDamaged => return Ok(Err(DAMAGED)),
        }
    }
    for &txids in chain.files.iter().filter(|txids| Some(txids.max()) > acknowledged) {
        if !is_whole(stage, txids).await? {
            return Ok(Err(DAMAGED));
        }
    }
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn range((min, max): (u64, u64)) -> TxidRange {
        TxidRange::new(Txid::new(min).unwrap(), Txid::new(max).unwrap()).unwrap()
    }

    /// First and last TXID of the chain.
    fn found(staged: &[(u64, u64)], acknowledged: u64, replicas_newest: u64) -> Option<(u64, u64)> {
        let staged: Vec<_> = staged.iter().copied().map(range).collect();
        let found = chain(&staged, Txid::new(acknowledged), Txid::new(replicas_newest)).ok()?;
        Some((found.files[0].min().get(), found.newest.get()))
    }

    #[test]
    fn staged_files_that_reach_the_replica_continue_it() {
        for (staged, acknowledged, expected) in [
            (&[(5, 5)][..], 5, (5, 5)),
            (&[(4, 4), (5, 5), (6, 6)], 5, (4, 6)),
            (&[(6, 6), (7, 7)], 5, (6, 7)),
            (&[(2, 2), (5, 5), (6, 6)], 5, (5, 6)),
            (&[(1, 1), (2, 2)], 0, (1, 2)),
            (&[(2, 2), (3, 6), (7, 7)], 2, (2, 7)),
            (&[(3, 6), (7, 7)], 4, (3, 7)),
        ] {
            assert_eq!(found(staged, acknowledged, acknowledged), Some(expected), "{staged:?} after {acknowledged}");
        }
    }

    #[test]
    fn staged_files_behind_the_replica_or_beyond_a_gap_do_not() {
        for (staged, acknowledged) in [
            (&[][..], 0),
            (&[], 5),
            (&[(4, 4)], 5),
            (&[(7, 7)], 5),
            (&[(5, 5), (7, 7)], 5),
            (&[(2, 2), (3, 3)], 0),
            (&[(7, 9), (10, 10)], 5),
        ] {
            assert_eq!(found(staged, acknowledged, acknowledged), None, "{staged:?} after {acknowledged}");
        }
    }

    #[test]
    fn staged_files_fill_a_gap_only_if_they_reach_beyond_the_replica() {
        assert_eq!(found(&[(4, 4), (5, 5), (6, 6)], 4, 6), Some((4, 6)));
        assert_eq!(found(&[(4, 4), (5, 5)], 4, 6), None);
    }
}
