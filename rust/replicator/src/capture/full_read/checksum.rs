//! The checksum of a live database at one TXID, which its replica must restore to (G7).

use litestream_core::Result;
use ltx::{Checksum, DatabaseChecksum, PageSize, Txid};

use super::{ReadPoint, context::ReadContext, read, read_point};
use crate::{capture::session::Session, stage::pins::Pin};

#[derive(Debug)]
pub struct DatabaseChecksumAt {
    pub txid: Txid,
    pub page_size: PageSize,
    /// Database size in pages.
    pub commit: u32,
    pub checksum: Checksum,
    /// Held until the transaction is in the replica.
    pub _pin: Pin,
}

/// Captures, then reads the whole database as of that transaction.
pub fn checksum(session: &mut Session, context: &ReadContext) -> Result<DatabaseChecksumAt> {
    let read_point = read_point(session, &context.pins)?;
    let mut checksum = DatabaseChecksum::new();
    read(session, &read_point, context, |page, image| {
        checksum.add(page, image);
        Ok(())
    })?;
    let ReadPoint { txid, commit, pin, .. } = read_point;
    Ok(DatabaseChecksumAt { txid, page_size: session.page_size(), commit, checksum: checksum.value(), _pin: pin })
}
