//! Compares the object under one of our keys with our staged file.

use litestream_core::{
    Result,
    replica::{Level, Replica, ReplicaFile},
    store::{ByteRange, StoreError},
};
use ltx::{Header, Trailer, TxidRange};

use crate::stage::Fingerprint;

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
pub async fn is_same(replica: &Replica, theirs: &ReplicaFile, ours: &Fingerprint) -> Result<Option<bool>> {
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
    let mut chunks = match replica.read(Level::L0, txids, range).await {
        Ok(chunks) => chunks,
        Err(litestream_core::Error::Store(StoreError::NotFound { .. })) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes))
}
