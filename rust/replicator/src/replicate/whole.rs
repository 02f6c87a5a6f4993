//! A whole live database as one snapshot file.

use std::path::Path;

use litestream_core::{Error, Result, compact::TEMPORARY_PREFIX};
use ltx::{Encoder, Header, PageForm, Summary, Txid, TxidRange, WalSpan};
use tempfile::{TempPath, spooled_tempfile_in};

use super::{
    clock,
    live::Live,
    live_pages::{LivePages, pages},
    position::Position,
};

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
        let page_size = self.database.page_size();
        let header = Header {
            page_size,
            commit: *commit,
            txids: TxidRange::new(Txid::MIN, txid).expect("BUG: a transaction before the first"),
            timestamp: clock::now(),
            wal: WalSpan::default(),
            pre_apply_checksum: None,
            node_id: 0,
        };
        let unwritable = |error: ltx::Error| match error {
            ltx::Error::Io(source) => Error::io("write", &*path)(source),
            broken_rule => Error::Internal(format!("writing a snapshot: {broken_rule}")),
        };
        let live = LivePages::new(&self.database, &run.pages, self.database.wal_index()?.backfilled);
        let scratch = spooled_tempfile_in(0, folder);
        let encoder = Encoder::with_scratch(file, header, PageForm::default(), scratch);
        let mut encoder = encoder.map_err(unwritable)?;
        let mut image = vec![0; page_size.bytes()];
        for page in pages(1, *commit, page_size) {
            live.read(page, &mut image)?;
            encoder.page(page, &image).map_err(unwritable)?;
        }
        let (_, summary) = encoder.finish().map_err(unwritable)?;
        Ok(Whole { path, summary })
    }
}
