//! A hash of every page as it was at one captured transaction, in a file beside the stage. Where the WAL cannot tell
//! what changed, it does: only pages that differ from it are captured, instead of the whole database.
//!
//! It is a copy of what the staged files say, never the source of anything, and brought up to date from them now and
//! then (see [`PageMap::follow`]), so that a capture costs no write more. Trusted only if the staged file of its own
//! transaction is there, with the same checksum, and every one from there to the newest.

mod blocks;
pub mod builder;
mod from_replica;
mod hash;
mod header;
pub mod updater;

use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use litestream_core::{Error, Result, failpoint};
use ltx::{PageNumber, PageSize, Txid};

use crate::stage::Stage;
use blocks::Blocks;
use header::MapHeader;

pub use from_replica::from_replica;
pub use hash::PageHash;
pub use updater::PageMapUpdater;

const NAME: &str = "page-map";

/// Hashes of pages are for the owner of the pages alone.
const FILE_MODE: u32 = 0o600;

pub struct PageMap {
    blocks: Blocks,
    /// Where the file belongs once it is whole.
    path: PathBuf,
    page_size: PageSize,
    /// Size of the database in pages.
    commit: u32,
    txid: Txid,
    /// True if the file on disk says so, too.
    in_motion: bool,
}

impl PageMap {
    /// The map that an earlier process left, brought up to `newest`. The error says why it cannot be used.
    pub fn open(meta_path: &Path, stage: &Stage, newest: Txid) -> Result<Self, String> {
        let path = meta_path.join(NAME);
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(|error| error.to_string())?;
        let mut bytes = [0; MapHeader::LEN];
        file.read_exact_at(&mut bytes, 0).map_err(|error| error.to_string())?;
        let header = MapHeader::decode(&bytes).ok_or("its header is damaged, or of another version")?;
        let length = file.metadata().map_err(|error| error.to_string())?.len();
        if length < Blocks::length(header.commit) {
            return Err("it ends early".to_owned());
        }
        let fingerprint = stage
            .fingerprint(header.txid)
            .map_err(|error| format!("the staged file it belongs to is gone: {error}"))?;
        if !fingerprint.trailer.ends_with(&header.file_checksum) {
            return Err("it belongs to another history".to_owned());
        }
        if header.txid > newest {
            return Err("it is ahead of the staged files".to_owned());
        }
        let mut map = PageMap {
            blocks: Blocks::new(file, path.clone(), header.in_motion),
            path,
            page_size: header.page_size,
            commit: header.commit,
            txid: header.txid,
            in_motion: header.in_motion,
        };
        map.follow(stage, newest).map_err(|error| error.to_string())?;
        Ok(map)
    }

    /// A map without entries, under a temporary name until it first [follows](Self::follow).
    pub fn blank(meta_path: &Path, page_size: PageSize, commit: u32, txid: Txid) -> Result<Self> {
        let path = meta_path.join(NAME);
        let temporary = path.with_extension("tmp");
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(true).mode(FILE_MODE).open(&temporary);
        let file = file.map_err(Error::io("create", &temporary))?;
        Ok(PageMap { blocks: Blocks::new(file, temporary, false), path, page_size, commit, txid, in_motion: true })
    }

    pub fn page_size(&self) -> PageSize {
        self.page_size
    }

    /// Size of the mapped database in pages.
    pub fn commit(&self) -> u32 {
        self.commit
    }

    /// The transaction that the entries describe.
    pub fn txid(&self) -> Txid {
        self.txid
    }

    /// `None` for a page that the database did not have, or that is not known.
    pub fn get(&mut self, page: PageNumber) -> Result<Option<PageHash>> {
        if page.get() > self.commit { Ok(None) } else { self.blocks.get(page) }
    }

    pub fn set(&mut self, page: PageNumber, hash: PageHash) -> Result<()> {
        self.blocks.set(page, Some(hash))
    }

    /// Takes over what the staged files from the one behind [`Self::txid`] to `to` changed, durably. A map that was
    /// blank is whole from then on, if each of its entries is of its transaction or of one up to `to`. After an error
    /// it must not be used any more.
    ///
    /// Killed at any instant, the next process does the same once more: an entry that was already new is set again.
    pub fn follow(&mut self, stage: &Stage, to: Txid) -> Result<()> {
        if self.txid == to && !self.in_motion {
            return Ok(());
        }
        if !self.in_motion {
            let fingerprint = stage.fingerprint(self.txid)?;
            self.write_header(true, &fingerprint.trailer)?;
            failpoint!("page map: in motion");
        }
        while self.txid < to {
            self.apply(stage, self.txid.next())?;
        }
        self.blocks.sync()?;
        failpoint!("page map: before it stands");
        let fingerprint = stage.fingerprint(to)?;
        self.write_header(false, &fingerprint.trailer)?;
        self.blocks.expect_sound();
        self.place()
    }

    fn apply(&mut self, stage: &Stage, txid: Txid) -> Result<()> {
        let header = stage.header(txid)?;
        if header.page_size != self.page_size {
            let problem = format!("has pages of {} bytes, the map of {}", header.page_size, self.page_size);
            return Err(Error::Corrupt { what: stage.path(txid).display().to_string(), problem });
        }
        // Left from before the database shrank.
        for page in (self.commit..header.commit).filter_map(|before| PageNumber::new(before.checked_add(1)?)) {
            self.blocks.set(page, None)?;
        }
        self.commit = header.commit;
        stage.decode(txid, |page, data| self.blocks.set(page, Some(PageHash::of(data))))?;
        self.txid = txid;
        Ok(())
    }

    fn write_header(&mut self, in_motion: bool, trailer: &[u8]) -> Result<()> {
        let header = MapHeader {
            page_size: self.page_size,
            commit: self.commit,
            in_motion,
            txid: self.txid,
            file_checksum: trailer.last_chunk().copied().unwrap_or_default(),
        };
        self.blocks.write_header(&header.encode())?;
        self.in_motion = in_motion;
        Ok(())
    }

    fn place(&mut self) -> Result<()> {
        if self.blocks.path() == self.path {
            return Ok(());
        }
        failpoint!("page map: before the rename");
        fs::rename(self.blocks.path(), &self.path).map_err(Error::io("rename to", &self.path))?;
        failpoint!("page map: after the rename");
        let folder = self.path.parent().unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::io("sync", folder))?;
        failpoint!("page map: after the fsync of the folder");
        self.blocks.moved_to(self.path.clone());
        Ok(())
    }
}
