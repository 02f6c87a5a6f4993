//! A whole live database as one snapshot file.

use std::path::Path;

use litestream_core::{Error, Result, compact::TEMPORARY_PREFIX};
use ltx::{Header, Summary, Txid, TxidRange, WalSpan};
use tempfile::TempPath;

use super::{clock, live::Live, live_pages::LivePages, page_sink::write_pages, position::Position};

/// Removed when this is dropped.
#[derive(Debug)]
pub struct Whole {
    pub path: TempPath,
    pub summary: Summary,
}

impl Live {
    /// Captures, then writes every page as of that transaction into a temporary file.
    pub fn whole(&mut self, folder: &Path) -> Result<Whole> {
        let txid = self.capture()?;
        let Position { commit, run: Some(run), .. } = self.capture.position() else {
            return Err(Error::Internal("a capture without a place in the WAL".to_owned()));
        };
        let made = tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempfile_in(folder);
        let (file, path) = made.map_err(Error::io("create a temporary file in", folder))?.into_parts();
        let header = Header {
            page_size: self.database.page_size(),
            commit: *commit,
            txids: TxidRange::new(Txid::MIN, txid).expect("BUG: a transaction before the first"),
            timestamp: clock::now(),
            wal: WalSpan::default(),
            pre_apply_checksum: None,
            node_id: 0,
        };
        let live = LivePages::captured(&self.database, run)?;
        let (_, summary) =
            write_pages(file, &path, header, |sink| live.each(1, *commit, |page, image| sink.put(page, image)))?;
        Ok(Whole { path, summary })
    }
}
