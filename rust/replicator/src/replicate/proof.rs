//! The checksum of a live database at one TXID: what its replica must restore to (G7).

use litestream_core::Result;
use ltx::{Checksum, DatabaseChecksum, PageSize, Txid};

use super::{live_pages::LivePages, position::WalRun};
use crate::sqlite::Database;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Proof {
    pub txid: Txid,
    pub page_size: PageSize,
    /// Database size in pages.
    pub commit: u32,
    pub checksum: Checksum,
}

/// Reads the whole database as it was captured.
pub fn checksum(database: &Database, run: &WalRun, commit: u32) -> Result<Checksum> {
    let mut checksum = DatabaseChecksum::new();
    LivePages::captured(database, run)?.each(1, commit, |page, image| {
        checksum.add(page, image);
        Ok(())
    })?;
    Ok(checksum.value())
}
