//! A file of the replica held against the staged one, which may be the damaged one of the two.

use litestream_core::{
    Error, Result,
    replica::{Replica, ReplicaFile},
};
use ltx::TxidRange;
use tokio::task::spawn_blocking;

use super::remote;
use crate::{stage::Stage, threads::joined};

/// Result of a comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    Same,
    /// Ours is sound, and another one.
    Foreign,
    /// Ours is damaged, so it tells nothing of the replica's.
    OursDamaged,
    /// Listed, but gone meanwhile.
    Gone,
}

/// `theirs`: of level 0, as it was listed. `ours`: staged, with a transaction of theirs.
pub async fn compare(stage: &Stage, replica: &Replica, theirs: &ReplicaFile, ours: TxidRange) -> Result<Comparison> {
    // Our squashed files were never sent in parts, so the parts belong to another writer.
    if ours == theirs.txids {
        let same = match stage.fingerprint(ours) {
            Ok(fingerprint) => remote::is_same(replica, theirs, &fingerprint).await?,
            Err(Error::Corrupt { .. }) => return Ok(Comparison::OursDamaged),
            Err(error) => return Err(error),
        };
        match same {
            Some(true) => return Ok(Comparison::Same),
            None => return Ok(Comparison::Gone),
            Some(false) => {}
        }
    }
    Ok(if is_whole(stage, ours).await? { Comparison::Foreign } else { Comparison::OursDamaged })
}

/// True if a staged file is complete and has the transactions of its name.
pub async fn is_whole(stage: &Stage, txids: TxidRange) -> Result<bool> {
    // It may be large, and the process has other databases.
    let stage = stage.clone();
    let decoded = spawn_blocking(move || {
        stage.decode(txids, |_, _| Ok(()))?;
        Ok(stage.header(txids)?.txids == txids)
    });
    match joined(decoded.await)? {
        Err(Error::Corrupt { .. }) => Ok(false),
        outcome => outcome,
    }
}
