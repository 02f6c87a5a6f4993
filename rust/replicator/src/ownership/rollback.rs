//! Deletes our unacknowledged files that follow another writer's file (G4). A replicator does so when it stops after a
//! conflict. One that was killed before leaves files of two histories in one chain, with nothing in their names to show
//! it. The next start finds them while they are still staged here.

use litestream_core::{
    Result, failpoint,
    replica::{Level, Replica, ReplicaFile, UPLOADS_IN_FLIGHT},
};
use ltx::{Txid, TxidRange};

use super::compare::{Comparison, compare};
use crate::stage::Stage;

/// Deletes our files behind another writer's, and removes them from `files`, the replica's listing.
///
/// A position moves over files in order and stops at a foreign one. So our files behind it were never acknowledged, and
/// there are no more of them than a writer sends at once. This holds only if the file is foreign and was there before
/// ours. A damaged staged file proves nothing, and only acknowledged files are merged: in both cases nothing is
/// deleted.
pub async fn withdraw(stage: &Stage, replica: &Replica, files: &mut Vec<ReplicaFile>) -> Result<()> {
    let staged = stage.files()?;
    let mut newest: Vec<ReplicaFile> = files.iter().copied().filter(|file| file.level == Level::L0).collect();
    newest.sort_by_key(|file| file.txids.min());
    newest.drain(..newest.len().saturating_sub(UPLOADS_IN_FLIGHT));
    let Some(foreign) = first_foreign(stage, replica, &staged, &newest).await? else { return Ok(()) };
    if files.iter().any(|file| file.level != Level::L0 && file.txids.max() > foreign) {
        tracing::warn!(
            replica = replica.location(), txid = %foreign,
            "a file was put in the place of ours after others behind it were acknowledged; they stay"
        );
        return Ok(());
    }
    let behind = newest.iter().filter(|file| file.txids.min() > foreign);
    let mut ours = Vec::new();
    for file in behind.filter(|file| staged.contains(&file.txids)) {
        if compare(stage, replica, file, file.txids).await? == Comparison::Same {
            ours.push(*file);
        }
    }
    if ours.is_empty() {
        return Ok(());
    }
    let names: Vec<(Level, TxidRange)> = ours.iter().map(|file| (file.level, file.txids)).collect();
    tracing::warn!(
        replica = replica.location(), files = ?names, behind = %foreign,
        "these files of ours lie behind one of another writer; they are taken back"
    );
    failpoint!("start: before a withdrawal");
    replica.delete(&names).await?;
    failpoint!("start: after a withdrawal");
    files.retain(|file| !ours.contains(file));
    Ok(())
}

/// The end of the first of these files whose transactions are staged here with other content; `None`, too, if a damaged
/// staged file makes the comparison inconclusive.
async fn first_foreign(
    stage: &Stage,
    replica: &Replica,
    staged: &[TxidRange],
    newest: &[ReplicaFile],
) -> Result<Option<Txid>> {
    for file in newest {
        let overlap = |ours: &&TxidRange| ours.min() <= file.txids.max() && file.txids.min() <= ours.max();
        let Some(&ours) = staged.iter().find(overlap) else { continue };
        match compare(stage, replica, file, ours).await? {
            Comparison::Same | Comparison::Gone => {}
            Comparison::Foreign => return Ok(Some(file.txids.max())),
            Comparison::OursDamaged => {
                tracing::warn!(
                    path = %stage.path(ours).display(), replica = replica.location(),
                    "this staged file is damaged; nothing in the replica is held against it"
                );
                return Ok(None);
            }
        }
    }
    Ok(None)
}
