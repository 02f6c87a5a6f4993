//! A whole live database as one snapshot file.

use std::path::Path;

use litestream_core::{Error, Result, clock, compact::TEMPORARY_PREFIX};
use ltx::{Header, Summary, Txid, TxidRange, WalSpan};
use tempfile::TempPath;

use super::context::Meanwhile;
use crate::{capture::session::Live, stage::ltx_writer::write_pages};

/// A temporary file, removed on drop.
#[derive(Debug)]
pub struct Whole {
    pub path: TempPath,
    pub summary: Summary,
}

impl Live {
    /// Captures, then writes every page as of that transaction into a temporary file.
    pub fn whole(&mut self, folder: &Path, meanwhile: &Meanwhile) -> Result<Whole> {
        let moment = self.moment(&meanwhile.holds)?;
        let made = tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempfile_in(folder);
        let (file, path) = made.map_err(Error::io("create a temporary file in", folder))?.into_parts();
        let header = Header {
            page_size: self.page_size(),
            commit: moment.commit,
            txids: TxidRange::new(Txid::MIN, moment.txid).expect("BUG: a transaction before the first"),
            timestamp: clock::now(),
            wal: WalSpan::default(),
            pre_apply_checksum: None,
            node_id: 0,
        };
        let (_, summary) = write_pages(file, &path, header, |sink| {
            self.read(&moment, meanwhile, |page, image| sink.put(page, image))
        })?;
        Ok(Whole { path, summary })
    }
}
