//! The checksum of a live database at one TXID: what its replica must restore to (G7).

use litestream_core::{Result, wal::FrameMap};
use ltx::{Checksum, DatabaseChecksum, PageSize, Txid};

use super::live_pages::{LivePages, pages};
use crate::sqlite::Database;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Proof {
    pub txid: Txid,
    pub page_size: PageSize,
    /// Database size in pages.
    pub commit: u32,
    pub checksum: Checksum,
}

/// Reads the whole database as it was captured: `frames` of the WAL, the rest from the database file.
pub fn checksum(database: &Database, frames: &FrameMap, commit: u32) -> Result<Checksum> {
    let page_size = database.page_size();
    let live = LivePages::new(database, frames, database.wal_index()?.backfilled);
    let mut image = vec![0; page_size.bytes()];
    let mut checksum = DatabaseChecksum::new();
    for page in pages(1, commit, page_size) {
        live.read(page, &mut image)?;
        checksum.add(page, &image);
    }
    Ok(checksum.value())
}
