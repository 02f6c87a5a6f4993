//! Reads the pages of a live database as of the last captured frame.

use std::time::{Duration, Instant};

use litestream_core::{Error, Result, failpoint};
use ltx::{PageNumber, PageSize};

use super::position::WalRun;
use crate::sqlite::{
    Database,
    wal::{FrameCount, FrameMap, ReadAt},
};

/// Duration of one slice; captures wait for it.
const SLICE: Duration = Duration::from_millis(100);

/// Pages read between two checks of the clock.
const LOOK_AFTER: u32 = 256;

/// Reads each page from its newest captured frame, or from the database file if it has none.
///
/// The result is consistent while the read lock is held. Checkpoints stop at the lock's mark, which never lies behind
/// the captured frames, so they write only pages that have a frame here. The number of frames copied back does not show
/// which pages are in the file: a checkpoint skips a frame that a later one replaces, even behind the mark. Only a WAL
/// that is copied back as a whole is in the file entirely. The next writer may then overwrite its frames.
pub struct PageReader<'a> {
    database: &'a Database,
    /// `None`: every page is in the database file.
    frames: Option<&'a FrameMap>,
}

impl<'a> PageReader<'a> {
    /// The pages as of the end of `run`. Every frame up to there must be captured.
    pub fn captured(database: &'a Database, run: &'a WalRun) -> Result<Self> {
        // Read the count of frames copied back before the count of committed frames: a commit in between could be
        // missed else.
        let (copied, committed) = (database.wal_index()?, database.wal_index()?);
        let is_in_file = committed.salt != run.at.salt || copied.backfilled >= committed.frames;
        Ok(PageReader { database, frames: (!is_in_file).then_some(&run.pages) })
    }

    /// `frames`: the newest frame of every page, from the beginning of a WAL that is not copied back entirely.
    pub fn new(database: &'a Database, frames: &'a FrameMap) -> Self {
        PageReader { database, frames: Some(frames) }
    }

    /// Fills `page_image`, exactly one page long. Pages beyond the end of the database file read as zeros, as in
    /// SQLite: they were allocated and never written.
    pub fn read(&self, page: PageNumber, page_image: &mut [u8]) -> Result<()> {
        match self.frames.and_then(|frames| frames.get(page)) {
            Some(frame) => read_frame(self.database, frame, page_image),
            None => self.read_file(page, page_image),
        }
    }

    /// Calls back with pages `from..=to` in ascending order, without the lock page.
    pub fn each(&self, from: u32, to: u32, mut page: impl FnMut(PageNumber, &[u8]) -> Result<()>) -> Result<()> {
        let page_size = self.database.page_size();
        let mut image = vec![0; page_size.bytes()];
        for number in pages(from, to, page_size) {
            self.read(number, &mut image)?;
            page(number, &image)?;
        }
        Ok(())
    }

    /// Like [`Self::each`] for a bounded time. Returns the next page to read, beyond `to` at the end.
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

/// Fills `page_image` with a frame's page.
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

    use crate::sqlite::wal::{WalReader, read_commits};
    use rusqlite::Connection;

    use super::*;

    fn all(pages: &PageReader, commit: u32) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        let keep = |_, image: &[u8]| {
            all.push(image.to_vec());
            Ok(())
        };
        pages.each(1, commit, keep).unwrap();
        all
    }

    /// A database with one row, and its captured position.
    fn captured(path: &Path) -> (Connection, Database, WalRun, u32) {
        let app = Connection::open(path).unwrap();
        app.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (x); INSERT INTO t VALUES ('before')").unwrap();
        let database = Database::open(path, Duration::from_secs(1)).unwrap();
        let index = database.wal_index().unwrap();
        let mut reader = WalReader::from_start(database.wal(), index.frames).unwrap().unwrap();
        let commits = read_commits(&mut reader, u64::MAX).unwrap().unwrap();
        (app, database, WalRun { at: commits.end, pages: commits.pages }, index.commit)
    }

    /// Under a read lock on a WAL that is copied back entirely, the next transaction overwrites its frames.
    #[test]
    fn pages_stay_those_that_were_captured_when_the_wal_begins_again() {
        let folder = tempfile::tempdir().unwrap();
        let (app, database, run, commit) = captured(&folder.path().join("db"));
        let before = all(&PageReader::captured(&database, &run).unwrap(), commit);

        database.checkpoint().unwrap();
        database.take_read_lock().unwrap();
        for _ in 0..run.at.frames.0 {
            app.execute_batch("UPDATE t SET x = x || 'behind'").unwrap();
        }
        assert_ne!(database.wal_index().unwrap().salt, run.at.salt);
        assert!(all(&PageReader::captured(&database, &run).unwrap(), commit) == before);
    }

    /// A checkpoint up to the read lock's mark skips a frame that a later one replaces.
    #[test]
    fn g7_pages_stay_those_that_were_captured_when_later_frames_replace_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let (app, database, run, commit) = captured(&folder.path().join("db"));
        let before = all(&PageReader::captured(&database, &run).unwrap(), commit);

        database.take_read_lock().unwrap();
        app.execute_batch("UPDATE t SET x = 'behind'; PRAGMA wal_checkpoint(PASSIVE)").unwrap();
        let index = database.wal_index().unwrap();
        assert_eq!((index.salt, index.backfilled), (run.at.salt, run.at.frames));
        assert!(all(&PageReader::captured(&database, &run).unwrap(), commit) == before);
    }
}
