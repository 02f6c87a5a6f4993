//! Where a new process takes up: what lies staged here, held against what lies in the replica.

use litestream_core::{
    Error, Result,
    replica::{Replica, ReplicaFile},
};
use ltx::Txid;

use super::{remote, stage::Stage};

/// Where to go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Start {
    /// The newest transaction, here or in the replica; `None`: both are empty.
    pub newest: Option<Txid>,
    /// Whether the file of `newest` lies staged here.
    pub staged: bool,
    /// The newest transaction in the replica. What follows up to `newest` waits for upload.
    pub acknowledged: Option<Txid>,
    /// The replica as it was listed.
    pub files: Vec<ReplicaFile>,
}

/// Lists the replica once. Staged files that do not continue it are removed: then the replica counts, and a full
/// capture goes on behind its newest transaction. A failing listing is an error, never an empty replica.
pub async fn start(stage: &Stage, replica: &Replica) -> Result<Start> {
    let files = replica.all_files().await?;
    let acknowledged = files.iter().map(|file| file.txids.max()).max();
    let found = continuation(&stage.txids()?, acknowledged);
    let kept = match found {
        Ok(chain) => same_history(stage, replica, chain, acknowledged).await?.map(|()| chain),
        Err(reason) => Err(reason),
    };
    match kept {
        Ok(chain) => Ok(Start { newest: Some(chain.newest), staged: true, acknowledged, files }),
        Err(reason) => {
            tracing::info!(replica = replica.location(), reason, "staged files set aside");
            stage.clear()?;
            Ok(Start { newest: acknowledged, staged: false, acknowledged, files })
        }
    }
}

/// Staged transactions without a gap, up to the newest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Chain {
    oldest: Txid,
    newest: Txid,
}

/// The staged chain, if it reaches from the replica's newest transaction, or the one behind it, as far or farther.
fn continuation(staged: &[Txid], acknowledged: Option<Txid>) -> Result<Chain, &'static str> {
    let newest = *staged.last().ok_or("nothing is staged")?;
    let mut oldest = newest;
    for &txid in staged.iter().rev().skip(1) {
        if txid.next() != oldest {
            break;
        }
        oldest = txid;
    }
    let next = acknowledged.map_or(Txid::MIN, Txid::next);
    if next < oldest {
        Err("transactions between the replica and the staged files are missing")
    } else if newest.next() < next {
        Err("the replica is ahead of the staged files")
    } else {
        Ok(Chain { oldest, newest })
    }
}

/// The files waiting for upload are whole, and where replica and stage both have the replica's newest transaction, it
/// is the same file.
async fn same_history(
    stage: &Stage,
    replica: &Replica,
    chain: Chain,
    acknowledged: Option<Txid>,
) -> Result<Result<(), &'static str>> {
    if let Some(shared) = acknowledged.filter(|&txid| txid >= chain.oldest)
        && remote::is_same(replica, shared, &stage.ends(shared)?).await? == Some(false)
    {
        return Ok(Err("the replica's newest transaction has another history"));
    }
    let mut waiting = acknowledged.map_or(chain.oldest, |txid| txid.next().max(chain.oldest));
    while waiting <= chain.newest {
        match stage.decode(waiting, |_, _| Ok(())) {
            Ok(()) => waiting = waiting.next(),
            Err(Error::Corrupt { .. }) => return Ok(Err("a staged file is damaged")),
            Err(error) => return Err(error),
        }
    }
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn txid(value: u64) -> Txid {
        Txid::new(value).unwrap()
    }

    fn chain(staged: &[u64], acknowledged: u64) -> Option<(u64, u64)> {
        let staged: Vec<Txid> = staged.iter().map(|&value| txid(value)).collect();
        let found = continuation(&staged, Txid::new(acknowledged)).ok()?;
        Some((found.oldest.get(), found.newest.get()))
    }

    #[test]
    fn staged_files_that_reach_the_replica_continue_it() {
        for (staged, acknowledged, expected) in [
            (&[5][..], 5, (5, 5)),
            (&[4, 5, 6], 5, (4, 6)),
            (&[6, 7], 5, (6, 7)),
            (&[2, 5, 6], 5, (5, 6)),
            (&[1, 2], 0, (1, 2)),
        ] {
            assert_eq!(chain(staged, acknowledged), Some(expected), "{staged:?} after {acknowledged}");
        }
    }

    #[test]
    fn staged_files_behind_the_replica_or_beyond_a_gap_do_not() {
        for (staged, acknowledged) in [(&[][..], 0), (&[], 5), (&[4], 5), (&[7], 5), (&[5, 7], 5), (&[2, 3], 0)] {
            assert_eq!(chain(staged, acknowledged), None, "{staged:?} after {acknowledged}");
        }
    }
}
