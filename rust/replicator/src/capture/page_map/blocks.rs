//! The entries of the map's file, in blocks with a hash each.
//!
//! ```text
//!      0  4096  header, zeros behind it
//!   4096  4096  pages 1 to 255, 16 bytes each; hash of the block's number and entries
//!   8192  4096  pages 256 to 510, …
//! ```
//! A block of zeros has no entries. Only one block is kept in memory, so memory does not grow with the database.

use std::{
    fs::File,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use litestream_core::{Error, Result, failpoint};
use ltx::PageNumber;

use super::hash::{PageHash, digest};
use crate::sqlite::wal::ReadAt;

pub(crate) const BLOCK: usize = 4096;
const ENTRIES: u32 = ((BLOCK - PageHash::LEN) / PageHash::LEN) as u32;
const SUMMED: usize = BLOCK - PageHash::LEN;

pub(crate) struct Blocks {
    file: File,
    path: PathBuf,
    loaded: Option<Loaded>,
    /// A block with a wrong hash was torn by a crash. Its lost entries are about to be written again.
    torn_is_no_fault: bool,
}

struct Loaded {
    number: u32,
    bytes: Box<[u8; BLOCK]>,
    changed: bool,
}

impl Blocks {
    pub(crate) fn new(file: File, path: PathBuf, torn_is_no_fault: bool) -> Self {
        Blocks { file, path, loaded: None, torn_is_no_fault }
    }

    /// Size in bytes of a file with the entries of `pages` pages.
    pub(crate) fn length(pages: u32) -> u64 {
        PageNumber::new(pages).map_or(BLOCK as u64, |last| offset(place(last).0) + BLOCK as u64)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Sets the path of the file after a rename.
    pub(crate) fn moved_to(&mut self, path: PathBuf) {
        self.path = path;
    }

    /// Ends the repair: every torn block was written again.
    pub(crate) fn expect_sound(&mut self) {
        self.torn_is_no_fault = false;
    }

    pub(crate) fn get(&mut self, page: PageNumber) -> Result<Option<PageHash>> {
        let (block, at) = place(page);
        let bytes = &self.load(block)?.bytes;
        let entry = bytes[at..].first_chunk().copied().unwrap_or_default();
        Ok(PageHash::from_entry(entry))
    }

    pub(crate) fn set(&mut self, page: PageNumber, hash: Option<PageHash>) -> Result<()> {
        let (block, at) = place(page);
        let loaded = self.load(block)?;
        let entry = hash.map_or([0; PageHash::LEN], PageHash::bytes);
        let old = &mut loaded.bytes[at..at + PageHash::LEN];
        if old != entry {
            old.copy_from_slice(&entry);
            loaded.changed = true;
        }
        Ok(())
    }

    pub(crate) fn write_header(&self, header: &[u8]) -> Result<()> {
        self.file.write_all_at(header, 0).map_err(Error::io("write", &self.path))?;
        failpoint!("page map: before the fsync of its header");
        self.file.sync_all().map_err(Error::io("sync", &self.path))
    }

    /// Writes the block in memory and makes all blocks durable.
    pub(crate) fn sync(&mut self) -> Result<()> {
        self.write_back()?;
        failpoint!("page map: before the fsync of its entries");
        self.file.sync_all().map_err(Error::io("sync", &self.path))
    }

    fn load(&mut self, number: u32) -> Result<&mut Loaded> {
        if self.loaded.as_ref().is_none_or(|loaded| loaded.number != number) {
            self.write_back()?;
            self.loaded = Some(self.read(number)?);
        }
        Ok(self.loaded.as_mut().expect("BUG: a block was just loaded"))
    }

    fn read(&self, number: u32) -> Result<Loaded> {
        let mut bytes = Box::new([0; BLOCK]);
        ReadAt::read_at(&self.file, bytes.as_mut_slice(), offset(number)).map_err(Error::io("read", &self.path))?;
        let empty = bytes.iter().all(|&byte| byte == 0);
        if !empty && !self.torn_is_no_fault && bytes[SUMMED..] != sum(number, &bytes) {
            let problem = format!("block {number} is damaged");
            return Err(Error::Corrupt { what: self.path.display().to_string(), problem });
        }
        Ok(Loaded { number, bytes, changed: false })
    }

    fn write_back(&mut self) -> Result<()> {
        let Some(loaded) = self.loaded.as_mut().filter(|loaded| loaded.changed || self.torn_is_no_fault) else {
            return Ok(());
        };
        if loaded.bytes[..SUMMED].iter().any(|&byte| byte != 0) {
            let sum = sum(loaded.number, &loaded.bytes);
            loaded.bytes[SUMMED..].copy_from_slice(&sum);
        } else {
            loaded.bytes[SUMMED..].fill(0);
        }
        let written = self.file.write_all_at(loaded.bytes.as_slice(), offset(loaded.number));
        written.map_err(Error::io("write", &self.path))?;
        loaded.changed = false;
        Ok(())
    }
}

fn sum(number: u32, bytes: &[u8; BLOCK]) -> [u8; PageHash::LEN] {
    digest(&[&number.to_be_bytes(), &bytes[..SUMMED]])
}

/// The block of a page, and the byte inside it.
fn place(page: PageNumber) -> (u32, usize) {
    let index = page.get() - 1;
    (index / ENTRIES, (index % ENTRIES) as usize * PageHash::LEN)
}

fn offset(number: u32) -> u64 {
    (u64::from(number) + 1) * BLOCK as u64
}
