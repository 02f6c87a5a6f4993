//! The pages of a live database as of the end of what was captured of its WAL.

use std::time::{Duration, Instant};

use litestream_core::{
    Error, Result, failpoint,
    wal::{FrameCount, FrameMap, ReadAt},
};
use ltx::{PageNumber, PageSize};

use super::position::WalRun;
use crate::sqlite::Database;

/// How long one slice takes: captures wait for it.
const SLICE: Duration = Duration::from_millis(100);

/// Pages read between two looks at the clock.
const LOOK_AFTER: u32 = 256;

/// Reads a page from its newest captured frame, else from the database file.
///
/// Consistent as long as the read lock is held: checkpoints stop at the lock's mark, which never lies behind what was
/// captured, so they write only pages that have a frame here. How many frames are copied back does not tell whether a
/// page is: a checkpoint leaves out a frame that a later one replaces, even one behind the mark. Only once the whole WAL is
/// copied everything is in the file; then the next writer may put other frames in the place of these.
pub struct LivePages<'a> {
    database: &'a Database,
    /// `None`: all of them are in the database file.
    frames: Option<&'a FrameMap>,
}

impl<'a> LivePages<'a> {
    /// As of the end of `run`, up to which everything is captured.
    pub fn captured(database: &'a Database, run: &'a WalRun) -> Result<Self> {
        // What was copied back is to be read before what is committed: else a commit between the two could be left out.
        let (copied, committed) = (database.wal_index()?, database.wal_index()?);
        let is_in_file = committed.salt != run.at.salt || copied.backfilled >= committed.frames;
        Ok(LivePages { database, frames: (!is_in_file).then_some(&run.pages) })
    }

    /// `frames`: the newest frame of every page, from the beginning of a WAL that is not entirely in the database file.
    pub fn new(database: &'a Database, frames: &'a FrameMap) -> Self {
        LivePages { database, frames: Some(frames) }
    }

    /// Fills `page_image`, exactly one page long. Pages beyond the end of the database file read as zeros, as SQLite
    /// has it: they were allocated and never written.
    pub fn read(&self, page: PageNumber, page_image: &mut [u8]) -> Result<()> {
        match self.frames.and_then(|frames| frames.get(page)) {
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

    /// As [`Self::each`], but some of them only; the page to go on with, beyond `to` at the end.
    pub fn slice(&self, from: u32, to: u32, mut page: impl FnMut(PageNumber, &[u8]) -> Result<()>) -> Result<u32> {
        let began = Instant::now();
        let mut next = from;
        while next <= to && began.elapsed() < SLICE {
            failpoint!("reading: before some pages");
            let last = next.saturating_add(LOOK_AFTER - 1).min(to);
            self.each(next, last, &mut page)?;
            next = last.saturating_add(1);
        }
        Ok(next)
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
    use std::{path::Path, time::Duration};

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

    /// A database with one row, and what is captured of it.
    fn captured(path: &Path) -> (Connection, Database, WalRun, u32) {
        let app = Connection::open(path).unwrap();
        app.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (x); INSERT INTO t VALUES ('before')").unwrap();
        let database = Database::open(path, Duration::from_secs(1)).unwrap();
        let index = database.wal_index().unwrap();
        let mut reader = WalReader::from_start(database.wal(), index.frames).unwrap().unwrap();
        let commits = read_commits(&mut reader, u64::MAX).unwrap().unwrap();
        (app, database, WalRun { at: commits.end, pages: commits.pages }, index.commit)
    }

    /// Under a read lock on a WAL that is all in the database file, the next transaction writes over its frames.
    #[test]
    fn pages_stay_those_that_were_captured_when_the_wal_begins_again() {
        let folder = tempfile::tempdir().unwrap();
        let (app, database, run, commit) = captured(&folder.path().join("db"));
        let before = all(&LivePages::captured(&database, &run).unwrap(), commit);

        database.checkpoint().unwrap();
        database.take_read_lock().unwrap();
        for _ in 0..run.at.frames.0 {
            app.execute_batch("UPDATE t SET x = x || 'behind'").unwrap();
        }
        assert_ne!(database.wal_index().unwrap().salt, run.at.salt);
        assert!(all(&LivePages::captured(&database, &run).unwrap(), commit) == before);
    }

    /// A checkpoint up to the read lock's mark leaves out a frame that a later one replaces.
    #[test]
    fn g7_pages_stay_those_that_were_captured_when_later_frames_replace_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let (app, database, run, commit) = captured(&folder.path().join("db"));
        let before = all(&LivePages::captured(&database, &run).unwrap(), commit);

        database.take_read_lock().unwrap();
        app.execute_batch("UPDATE t SET x = 'behind'; PRAGMA wal_checkpoint(PASSIVE)").unwrap();
        let index = database.wal_index().unwrap();
        assert_eq!((index.salt, index.backfilled), (run.at.salt, run.at.frames));
        assert!(all(&LivePages::captured(&database, &run).unwrap(), commit) == before);
    }
}
