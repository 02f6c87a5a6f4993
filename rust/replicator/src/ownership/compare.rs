//! Compares an uploaded file of level 0 with our staged one, which may be the damaged one of the two.

use litestream_core::{
    Error, Result,
    replica::{Level, Replica, ReplicaFile},
    store::{ByteRange, StoreError},
};
use ltx::{Header, Trailer, TxidRange};
use tokio::task::spawn_blocking;

use crate::{
    stage::{Fingerprint, Stage},
    threads::joined,
};

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
            Ok(fingerprint) => is_same(replica, theirs, &fingerprint).await?,
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

/// Like [`is_same`], for an object that is not listed yet.
pub async fn holds_same(replica: &Replica, txids: TxidRange, ours: &Fingerprint) -> Result<Option<bool>> {
    let listed = replica.files(Level::L0, txids.min().previous()).await?;
    match listed.iter().find(|file| file.txids == txids) {
        Some(theirs) => is_same(replica, theirs, ours).await,
        None => Ok(None),
    }
}

/// Compares size, header and trailer. The trailer's checksum covers the whole file. `theirs`: a listed file of level 0.
/// `None` if there is no such object.
async fn is_same(replica: &Replica, theirs: &ReplicaFile, ours: &Fingerprint) -> Result<Option<bool>> {
    if theirs.size != ours.size {
        return Ok(Some(false));
    }
    let txids = theirs.txids;
    let trailer_at = ours.size - Trailer::LEN as u64;
    let header = read(replica, txids, ByteRange { start: 0, end: Some(Header::LEN as u64) }).await?;
    let trailer = read(replica, txids, ByteRange { start: trailer_at, end: Some(ours.size) }).await?;
    Ok(header.zip(trailer).map(|(header, trailer)| header == ours.header && trailer == ours.trailer))
}

/// `None` if the object is gone.
async fn read(replica: &Replica, txids: TxidRange, range: ByteRange) -> Result<Option<Vec<u8>>> {
    match replica.read_bytes(Level::L0, txids, range).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(Error::Store(StoreError::NotFound { .. })) => Ok(None),
        Err(error) => Err(error),
    }
}
