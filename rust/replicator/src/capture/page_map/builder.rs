//! Builds a map from the live database in slices, while commits continue. A slice may be newer than the one before.
//! Changes since the beginning are staged, and applied once at the end.

use std::path::Path;

use litestream_core::Result;
use ltx::{PageNumber, Txid};

use super::{PageHash, PageMap};
use crate::{
    capture::{page_reader::PageReader, position::WalRun},
    sqlite::Database,
    stage::Stage,
};

pub struct Building {
    map: PageMap,
    next: u32,
}

/// Result of one slice.
pub enum Built {
    More(Building),
    SnapshotFile(PageMap),
}

impl Building {
    /// Begins at the captured transaction `txid`, whose database has `commit` pages.
    pub fn begin(meta_path: &Path, database: &Database, txid: Txid, commit: u32) -> Result<Self> {
        let map = PageMap::blank(meta_path, database.page_size(), commit, txid)?;
        Ok(Building { map, next: PageNumber::FIRST.get() })
    }

    /// The oldest staged file that is needed to finish.
    pub fn txid(&self) -> Txid {
        self.map.txid()
    }

    /// Builds one slice. `run`: the WAL as captured up to the transaction `newest`.
    pub fn slice(mut self, database: &Database, run: &WalRun, stage: &Stage, newest: Txid) -> Result<Built> {
        let session = PageReader::captured(database, run)?;
        let last = self.map.commit();
        self.next = session.slice(self.next, last, |page, image| self.map.set(page, PageHash::of(image)))?;
        if self.next <= last {
            return Ok(Built::More(self));
        }
        self.map.follow(stage, newest)?;
        Ok(Built::SnapshotFile(self.map))
    }
}
