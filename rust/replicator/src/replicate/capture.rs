//! Turns new commits into staged L0 files: increments from the WAL, or the whole database where the WAL cannot tell
//! what changed.

use litestream_core::{
    Error, Result,
    wal::{Commits, FrameCount, FrameMap, WalIndex, WalReader, read_commits},
};
use ltx::{Header, TxidRange, WalSpan};

use super::{
    clock,
    live_pages::{LivePages, pages, read_frame},
    position::{Onward, Position, WalRun},
    stage::Stage,
};
use crate::sqlite::Database;

/// What was captured of one database, and where its files go.
pub struct Capture {
    stage: Stage,
    /// Longest stretch of WAL in one increment, cut at a commit.
    max_wal_bytes: u64,
    position: Position,
}

impl Capture {
    pub fn new(stage: Stage, max_wal_bytes: u64, position: Position) -> Self {
        Capture { stage, max_wal_bytes, position }
    }

    pub fn position(&self) -> &Position {
        &self.position
    }

    /// Stages everything committed so far, one or more increments. If the WAL cannot be followed, it says why in the
    /// log and leaves the position without a place in the WAL: a full capture must follow.
    pub fn tail(&mut self, database: &Database) -> Result<()> {
        while let Some(run) = &self.position.run {
            let index = database.wal_index()?;
            let lost = match run.onward(&index, database.has_read_lock()) {
                Onward::Still => return Ok(()),
                Onward::Lost(reason) => Some(reason),
                onward => match self.read_wal(database, &index, onward)? {
                    Some(commits) => {
                        self.increment(database, &index, commits)?;
                        None
                    }
                    None => Some("a committed frame does not continue the WAL's checksum"),
                },
            };
            if let Some(reason) = lost {
                tracing::warn!(path = %database.path().display(), reason, "full capture needed");
                self.position.run = None;
            }
        }
        Ok(())
    }

    /// Stages the whole database as the next transaction. The read lock must be held, on a WAL that is not entirely
    /// in the database file.
    pub fn full(&mut self, database: &Database) -> Result<()> {
        let index = database.wal_index()?;
        let commits = whole_wal(database, &index)?;
        let page_size = database.page_size();
        // As official snapshots say it: the last frame included.
        let end = commits.end.frames;
        let before = FrameCount(end.0 - 1).end(page_size);
        let wal = WalSpan { offset: before, size: end.end(page_size) - before, salt: index.salt };

        let live = LivePages::new(database, &commits.pages, index.backfilled);
        let mut image = vec![0; page_size.bytes()];
        self.stage.write(self.header(database, index.commit, wal), |sink| {
            for page in pages(1, index.commit, page_size) {
                live.read(page, &mut image)?;
                sink.put(page, &image)?;
            }
            Ok(())
        })?;
        let run = WalRun { at: commits.end, pages: commits.pages };
        self.position = Position { txid: Some(self.position.next_txid()), commit: index.commit, run: Some(run) };
        Ok(())
    }

    /// The next commits, or `None` if the frames there are not the ones that the wal-index speaks of.
    fn read_wal(&self, database: &Database, index: &WalIndex, onward: Onward) -> Result<Option<Commits>> {
        let wal = database.wal();
        let read = || -> std::io::Result<Option<Commits>> {
            let reader = match (&self.position.run, onward) {
                (Some(run), Onward::Further) => WalReader::resume(wal, run.at, index.frames)?,
                _ => WalReader::from_start(wal, index.frames)?,
            };
            let Some(mut reader) = reader.filter(|reader| reader.position().salt == index.salt) else {
                return Ok(None);
            };
            read_commits(&mut reader, self.max_wal_bytes)
        };
        let commits = read().map_err(Error::io("read the WAL of", database.path()))?;
        Ok(commits.filter(|commits| commits.end.frames < index.frames || commits.end.checksum == index.checksum))
    }

    /// Stages `commits` as the next transaction and moves behind them.
    fn increment(&mut self, database: &Database, index: &WalIndex, commits: Commits) -> Result<()> {
        let same_run = |run: &&mut WalRun| run.at.salt == commits.start.salt;
        let mut pages = match self.position.run.as_mut().filter(same_run) {
            Some(run) => std::mem::take(&mut run.pages),
            None => FrameMap::default(),
        };
        let written = self.write_increment(database, &commits, &LivePages::new(database, &pages, index.backfilled));
        if let Err(error) = written {
            if let Some(run) = self.position.run.as_mut().filter(same_run) {
                run.pages = pages;
            }
            return Err(error);
        }
        pages.extend(&commits.pages);
        let run = WalRun { at: commits.end, pages };
        self.position = Position { txid: Some(self.position.next_txid()), commit: commits.commit, run: Some(run) };
        Ok(())
    }

    fn write_increment(&self, database: &Database, commits: &Commits, before: &LivePages) -> Result<()> {
        let page_size = database.page_size();
        let wal = commits.start.span_to(&commits.end, page_size);
        // A restore needs every page by which the database grew, even one that SQLite has not written.
        let grown_from = self.position.commit.min(commits.commit) + 1;
        let written = commits.pages.iter().map(|(page, _)| page).take_while(|page| page.get() < grown_from);
        let mut image = vec![0; page_size.bytes()];
        self.stage.write(self.header(database, commits.commit, wal), |sink| {
            for page in written.chain(pages(grown_from, commits.commit, page_size)) {
                match commits.pages.get(page) {
                    Some(frame) => read_frame(database, frame, &mut image)?,
                    None => before.read(page, &mut image)?,
                }
                sink.put(page, &image)?;
            }
            Ok(())
        })?;
        Ok(())
    }

    fn header(&self, database: &Database, commit: u32, wal: WalSpan) -> Header {
        Header {
            page_size: database.page_size(),
            commit,
            txids: TxidRange::single(self.position.next_txid()),
            timestamp: clock::now(),
            wal,
            pre_apply_checksum: None,
            node_id: 0,
        }
    }
}

/// Every commit that the wal-index speaks of, from the beginning of the WAL.
fn whole_wal(database: &Database, index: &WalIndex) -> Result<Commits> {
    let read = || -> std::io::Result<Option<Commits>> {
        let reader = WalReader::from_start(database.wal(), index.frames)?;
        reader.map_or(Ok(None), |mut reader| read_commits(&mut reader, u64::MAX))
    };
    let commits = read().map_err(Error::io("read the WAL of", database.path()))?;
    let end = |commits: &Commits| (commits.end.salt, commits.end.frames, commits.end.checksum);
    commits.filter(|commits| end(commits) == (index.salt, index.frames, index.checksum)).ok_or_else(|| {
        let problem = format!("its first {} frames, which are committed, do not hold together", index.frames.0);
        Error::Corrupt { what: format!("the WAL of {}", database.path().display()), problem }
    })
}
