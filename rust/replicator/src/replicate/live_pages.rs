//! The pages of a live database as of the end of what was captured of its WAL.

use litestream_core::{
    Error, Result,
    wal::{FrameCount, FrameMap, ReadAt},
};
use ltx::{PageNumber, PageSize};

use super::position::WalRun;
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
    /// As of the end of `run`, up to which everything is captured.
    pub fn captured(database: &'a Database, run: &'a WalRun) -> Result<Self> {
        let index = database.wal_index()?;
        // Once the WAL has begun again, all of its frames are in the database file.
        let backfilled = if index.salt == run.at.salt { index.backfilled } else { run.at.frames };
        Ok(LivePages::new(database, &run.pages, backfilled))
    }

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

    /// Hands out pages `from..=to`, without the lock page, one after another.
    pub fn each(&self, from: u32, to: u32, mut page: impl FnMut(PageNumber, &[u8]) -> Result<()>) -> Result<()> {
        let page_size = self.database.page_size();
        let mut image = vec![0; page_size.bytes()];
        for number in pages(from, to, page_size) {
            self.read(number, &mut image)?;
            page(number, &image)?;
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use litestream_core::wal::{WalReader, read_commits};
    use rusqlite::Connection;

    use super::*;

    fn all(pages: &LivePages, commit: u32) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        let keep = |_, image: &[u8]| {
            all.push(image.to_vec());
            Ok(())
        };
        pages.each(1, commit, keep).unwrap();
        all
    }

    /// Under a read lock on a WAL that is all in the database file, the next transaction writes over its frames.
    #[test]
    fn pages_stay_those_that_were_captured_when_the_wal_begins_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        let app = Connection::open(&path).unwrap();
        app.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (x); INSERT INTO t VALUES ('before')").unwrap();
        let database = Database::open(&path, Duration::from_secs(1)).unwrap();
        let index = database.wal_index().unwrap();
        let mut reader = WalReader::from_start(database.wal(), index.frames).unwrap().unwrap();
        let commits = read_commits(&mut reader, u64::MAX).unwrap().unwrap();
        let run = WalRun { at: commits.end, pages: commits.pages };
        let before = all(&LivePages::captured(&database, &run).unwrap(), index.commit);

        database.checkpoint().unwrap();
        database.take_read_lock().unwrap();
        for _ in 0..run.at.frames.0 {
            app.execute_batch("UPDATE t SET x = x || 'behind'").unwrap();
        }
        assert_ne!(database.wal_index().unwrap().salt, run.at.salt);
        assert!(all(&LivePages::captured(&database, &run).unwrap(), index.commit) == before);
    }
}
