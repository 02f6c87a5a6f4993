//! A whole live database as one snapshot file.

use std::path::Path;

use litestream_core::{Error, Result, clock};
use ltx::{Header, Summary, Txid, TxidRange, WalSpan};
use tempfile::TempPath;

use super::{context::ReadContext, read, read_point};
use crate::{
    capture::session::Session,
    stage::{TEMPORARY_PREFIX, ltx_writer::write_pages},
};

/// A temporary file, removed on drop.
#[derive(Debug)]
pub struct SnapshotFile {
    pub path: TempPath,
    pub summary: Summary,
}

/// Captures, then writes every page as of that transaction into a temporary file in `folder`.
pub fn snapshot(session: &mut Session, folder: &Path, context: &ReadContext) -> Result<SnapshotFile> {
    let read_point = read_point(session, &context.pins)?;
    let made = tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempfile_in(folder);
    let (file, path) = made.map_err(Error::io("create a temporary file in", folder))?.into_parts();
    let header = Header {
        page_size: session.page_size(),
        commit: read_point.commit,
        txids: TxidRange::new(Txid::MIN, read_point.txid).expect("BUG: a transaction before the first"),
        timestamp: clock::now(),
        wal: WalSpan::default(),
        pre_apply_checksum: None,
        node_id: 0,
    };
    let (_, summary) = write_pages(file, &path, header, |sink| {
        read(session, &read_point, context, |page, image| sink.put(page, image))
    })?;
    Ok(SnapshotFile { path, summary })
}
