//! A map built from the live database, slice by slice, while commits go on. A slice may be newer than the one before it:
//! whatever changed since the building began is staged, and followed once at the end.

use std::path::Path;

use litestream_core::Result;
use ltx::{PageNumber, Txid};

use super::{PageHash, PageMap};
use crate::{
    replicate::{live_pages::LivePages, position::WalRun, stage::Stage},
    sqlite::Database,
};

pub struct Building {
    map: PageMap,
    next: u32,
}

/// What a slice came to.
pub enum Built {
    More(Building),
    Whole(PageMap),
}

impl Building {
    /// Begins at the captured transaction `txid`, whose database has `commit` pages.
    pub fn begin(meta_path: &Path, database: &Database, txid: Txid, commit: u32) -> Result<Self> {
        let map = PageMap::blank(meta_path, database.page_size(), commit, txid)?;
        Ok(Building { map, next: PageNumber::FIRST.get() })
    }

    /// Staged files from this one on are needed to finish.
    pub fn txid(&self) -> Txid {
        self.map.txid()
    }

    /// Goes on for one slice. `run`: the WAL as it is captured up to the transaction `newest`.
    pub fn slice(mut self, database: &Database, run: &WalRun, stage: &Stage, newest: Txid) -> Result<Built> {
        let live = LivePages::captured(database, run)?;
        let last = self.map.commit();
        self.next = live.slice(self.next, last, |page, image| self.map.set(page, PageHash::of(image)))?;
        if self.next <= last {
            return Ok(Built::More(self));
        }
        self.map.follow(stage, newest)?;
        Ok(Built::Whole(self.map))
    }
}
