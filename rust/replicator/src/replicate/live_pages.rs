//! The pages of a live database as of the end of what was captured of its WAL.

use litestream_core::{
    Error, Result,
    wal::{FrameCount, FrameMap, ReadAt},
};
use ltx::{PageNumber, PageSize};

use crate::sqlite::Database;

/// Reads pages where SQLite would: a frame of the WAL if a checkpoint has not yet passed it, else the database file.
///
/// Consistent as long as the read lock is held: checkpoints stop at the lock's mark, which never lies behind `frames`,
/// so they write only pages that are read from the WAL here.
pub struct LivePages<'a> {
    database: &'a Database,
    frames: &'a FrameMap,
    /// Frames that were in the database file before the first page was read.
    backfilled: FrameCount,
}

impl<'a> LivePages<'a> {
    /// `frames`: the newest frame of every page, from the beginning of the WAL.
    pub fn new(database: &'a Database, frames: &'a FrameMap, backfilled: FrameCount) -> Self {
        LivePages { database, frames, backfilled }
    }

    /// Fills `page_image`, exactly one page long. Pages beyond the end of the database file read as zeros, as SQLite
    /// has it: they were allocated and never written.
    pub fn read(&self, page: PageNumber, page_image: &mut [u8]) -> Result<()> {
        match self.frames.get(page).filter(|&frame| frame > self.backfilled) {
            Some(frame) => read_frame(self.database, frame, page_image),
            None => self.read_file(page, page_image),
        }
    }

    fn read_file(&self, page: PageNumber, page_image: &mut [u8]) -> Result<()> {
        let offset = self.database.page_size().offset_of(page);
        let read = self.database.file().read_at(page_image, offset).map_err(Error::io("read", self.database.path()))?;
        page_image[read..].fill(0);
        Ok(())
    }
}

/// Fills `page_image` with the page that a frame carries.
pub fn read_frame(database: &Database, frame: FrameCount, page_image: &mut [u8]) -> Result<()> {
    let offset = frame.page_offset(database.page_size());
    let read = database.wal().read_at(page_image, offset).map_err(Error::io("read the WAL of", database.path()))?;
    if read == page_image.len() {
        return Ok(());
    }
    let what = format!("the WAL of {}", database.path().display());
    Err(Error::Corrupt { what, problem: format!("it ends inside frame {}, which was committed", frame.0) })
}

/// Pages `from..=to` without the lock page.
pub fn pages(from: u32, to: u32, page_size: PageSize) -> impl Iterator<Item = PageNumber> {
    (from..=to).filter_map(PageNumber::new).filter(move |&page| page != page_size.lock_page())
}
