//! Turns new commits into staged L0 files: increments from the WAL. Where the WAL cannot tell what changed, the
//! database itself is read: every page that differs from the page map or, without one, every page.

use litestream_core::{Error, Result, clock};
use ltx::{Header, PageNumber, Salt, Txid, TxidRange, WalSpan};

use super::{
    page_map::{PageHash, PageMap, PageMapUpdater},
    page_reader::{PageReader, pages, read_frame},
    position::{Position, WalChange, WalRun},
};
use crate::{
    sqlite::{
        Database,
        wal::{Commits, FrameCount, FrameMap, WalIndex, WalReader, read_commits},
    },
    stage::Stage,
};

/// An increment of that many pages may hold many that did not change, as after VACUUM: they are looked up in the page
/// map and left out.
const LOOKED_UP_FROM: usize = 1000;

/// The captured position of one database, and the stage of its files.
pub struct WalCapture {
    stage: Stage,
    /// Longest stretch of WAL in one increment, cut at a commit.
    max_wal_bytes: u64,
    position: Position,
    map_updater: PageMapUpdater,
}

impl WalCapture {
    pub fn new(stage: Stage, max_wal_bytes: u64, position: Position, map_updater: PageMapUpdater) -> Self {
        WalCapture { stage, max_wal_bytes, position, map_updater }
    }

    pub fn position(&self) -> &Position {
        &self.position
    }

    pub fn map_updater(&self) -> &PageMapUpdater {
        &self.map_updater
    }

    /// See [`PageMapUpdater::adopt`].
    pub fn adopt_map(&mut self, map: PageMap) {
        self.map_updater.adopt(map);
    }

    /// See [`PageMapUpdater::want`].
    pub fn want_map(&mut self) {
        self.map_updater.want();
    }

    /// True if [`Self::map`] has work.
    pub fn map_is_due(&self) -> bool {
        self.map_updater.is_due(&self.position)
    }

    /// Works on the page map for a moment. The read lock must be held.
    pub fn map(&mut self, database: &Database) {
        self.map_updater.work(database, &self.stage, &self.position);
    }

    /// Stages everything committed so far, one or more increments. If the WAL cannot be followed, it says why in the
    /// log and leaves the position without a place in the WAL: [`Self::afresh`] must follow.
    pub fn tail(&mut self, database: &Database) -> Result<()> {
        while self.step(database)? {}
        Ok(())
    }

    /// As [`Self::tail`], but only what is committed when it begins: under load there is always more.
    pub fn catch_up(&mut self, database: &Database) -> Result<()> {
        let now = database.wal_index()?;
        let there = |run: &WalRun| run.at.salt == now.salt && run.at.frames >= now.frames;
        while self.step(database)? && !self.position.run.as_ref().is_some_and(there) {}
        Ok(())
    }

    /// How many frames [`Self::tail`] would read: none where the WAL cannot be followed.
    pub fn uncaptured(&self, database: &Database) -> Result<FrameCount> {
        let Some(run) = &self.position.run else { return Ok(FrameCount(0)) };
        let now = database.wal_index()?;
        let captured = if run.at.salt == now.salt { run.at.frames.0 } else { 0 };
        Ok(FrameCount(now.frames.0.saturating_sub(captured)))
    }

    /// Stages one increment; false if nothing more can be.
    fn step(&mut self, database: &Database) -> Result<bool> {
        let Some(run) = &self.position.run else { return Ok(false) };
        let index = database.wal_index()?;
        let lost = match run.change(&index, database.has_read_lock()) {
            WalChange::Still => return Ok(false),
            WalChange::Emptied => {
                self.begin_again(index.salt);
                return Ok(false);
            }
            WalChange::Lost(reason) => Some(reason),
            change => match self.read_wal(database, &index, change)? {
                Some(commits) => {
                    self.increment(database, commits)?;
                    None
                }
                None => Some("a committed frame does not continue the WAL's checksum"),
            },
        };
        if let Some(reason) = lost {
            self.lose(database, reason);
        }
        Ok(true)
    }

    /// Everything committed is captured and in the database file, and the WAL holds nothing yet.
    pub fn begin_again(&mut self, salt: Salt) {
        self.position.run = Some(WalRun::empty(salt));
    }

    /// The WAL does not tell any more what was committed: [`Self::afresh`] must follow.
    pub fn lose(&mut self, database: &Database, reason: &str) {
        tracing::info!(kind = "wal_lost", path = %database.path().display(), reason, "the WAL cannot be followed");
        self.position.run = None;
        self.map_updater.abandon_building();
    }

    /// Stages the next transaction from the database as it is: what differs from the page map, else everything. The
    /// read lock must be held, on a WAL that is not entirely in the database file.
    pub fn afresh(&mut self, database: &Database) -> Result<()> {
        self.with_or_without_map(|capture| capture.differences(database))
    }

    /// Where the page map turns out to be damaged, once more without it.
    fn with_or_without_map<T>(&mut self, mut capture: impl FnMut(&mut Self) -> Result<T>) -> Result<T> {
        match capture(self) {
            Err(error @ Error::Corrupt { .. }) if self.map_updater.is_ready() => {
                self.map_updater.give_up(&error);
                capture(self)
            }
            outcome => outcome,
        }
    }

    fn differences(&mut self, database: &Database) -> Result<()> {
        let index = database.wal_index()?;
        let commits = whole_wal(database, &index)?;
        let page_size = database.page_size();
        // As official snapshots say it: the last frame included.
        let end = commits.end.frames;
        let before = FrameCount(end.0 - 1).end(page_size);
        let wal = WalSpan { offset: before, size: end.end(page_size) - before, salt: index.salt };
        let header = self.header(database, index.commit, wal)?;

        let session = PageReader::new(database, &commits.pages);
        let mut changed = Changed::new(self.map_updater.up_to(&self.stage, self.position.txid), &commits);
        let summary = self.stage.write(header, |sink| {
            session.each(
                1,
                index.commit,
                |page, image| {
                    if changed.pins(page, image)? { sink.put(page, image) } else { Ok(()) }
                },
            )
        })?;
        let (path, pages, of) = (database.path().display(), summary.pages, index.commit);
        match self.position.txid {
            None => tracing::info!(kind = "captured_first", %path, pages, "captured for the first time"),
            Some(_) => tracing::info!(kind = "recaptured", %path, pages, of, "captured without the WAL"),
        }
        let run = WalRun { at: commits.end, pages: commits.pages };
        self.position = Position { txid: Some(header.txids.max()), commit: index.commit, run: Some(run) };
        Ok(())
    }

    /// The next commits, or `None` if the frames there are not the ones that the wal-index speaks of.
    fn read_wal(&self, database: &Database, index: &WalIndex, change: WalChange) -> Result<Option<Commits>> {
        let wal = database.wal();
        let read = || -> std::io::Result<Option<Commits>> {
            let reader = match (&self.position.run, change) {
                (Some(run), WalChange::Further) => WalReader::resume(wal, run.at, index.frames)?,
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
    fn increment(&mut self, database: &Database, commits: Commits) -> Result<()> {
        let same_run = |run: &&mut WalRun| run.at.salt == commits.start.salt;
        let mut pages = match self.position.run.as_mut().filter(same_run) {
            Some(run) => std::mem::take(&mut run.pages),
            None => FrameMap::default(),
        };
        let before = PageReader::new(database, &pages);
        let written = self.with_or_without_map(|capture| capture.write_increment(database, &commits, &before));
        let txid = match written {
            Ok(txid) => txid,
            Err(error) => {
                if let Some(run) = self.position.run.as_mut().filter(same_run) {
                    run.pages = pages;
                }
                return Err(error);
            }
        };
        pages.extend(&commits.pages);
        let run = WalRun { at: commits.end, pages };
        self.position = Position { txid: Some(txid), commit: commits.commit, run: Some(run) };
        Ok(())
    }

    fn write_increment(&mut self, database: &Database, commits: &Commits, before: &PageReader) -> Result<Txid> {
        let page_size = database.page_size();
        let wal = commits.start.span_to(&commits.end, page_size);
        let header = self.header(database, commits.commit, wal)?;
        // A restore needs every page by which the database grew, even one that SQLite has not written.
        let grown_from = self.position.commit.min(commits.commit).saturating_add(1);
        let written = commits.pages.iter().map(|(page, _)| page).take_while(|page| page.get() < grown_from);
        let map = match commits.pages.len() {
            LOOKED_UP_FROM.. => self.map_updater.up_to(&self.stage, self.position.txid),
            _ => None,
        };
        let mut changed = Changed::new(map, commits);
        let mut image = vec![0; page_size.bytes()];
        self.stage.write(header, |sink| {
            for page in written.chain(pages(grown_from, commits.commit, page_size)) {
                match commits.pages.get(page) {
                    Some(frame) => read_frame(database, frame, &mut image)?,
                    None => before.read(page, &mut image)?,
                }
                if changed.pins(page, &image)? {
                    sink.put(page, &image)?;
                }
            }
            Ok(())
        })?;
        Ok(header.txids.max())
    }

    fn header(&self, database: &Database, commit: u32, wal: WalSpan) -> Result<Header> {
        Ok(Header {
            page_size: database.page_size(),
            commit,
            txids: TxidRange::single(self.position.next_txid()?),
            timestamp: clock::now(),
            wal,
            pre_apply_checksum: None,
            node_id: 0,
        })
    }
}

/// Which pages a file has to hold.
struct Changed<'a> {
    /// The map of the transaction before; without it every page counts as changed.
    map: Option<&'a mut PageMap>,
    /// Page of the last frame. It is always in the file: a process that continues there, also official Litestream,
    /// compares the two.
    last: Option<PageNumber>,
}

impl<'a> Changed<'a> {
    fn new(map: Option<&'a mut PageMap>, commits: &Commits) -> Self {
        let end = commits.end.frames;
        let last = commits.pages.iter().find(|&(_, frame)| frame == end).map(|(page, _)| page);
        Changed { map, last }
    }

    fn pins(&mut self, page: PageNumber, image: &[u8]) -> Result<bool> {
        let Some(map) = self.map.as_mut().filter(|_| self.last != Some(page)) else { return Ok(true) };
        Ok(map.get(page)? != Some(PageHash::of(image)))
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
