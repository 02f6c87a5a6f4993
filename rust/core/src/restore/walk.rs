//! Applies the files of a plan from the newest to the oldest, so that each page is taken once, from the newest file
//! that has it. Restore writes the pages; verify only adds them up.

use ltx::{Decoder, PageNumber, PageSize, Txid};
use tokio::{sync::mpsc, task};

use super::{Plan, feed::Feed, fetch, page_set::PageSet};
use crate::{
    Error, Result,
    replica::{Replica, ReplicaFile},
};

/// What takes the pages of the state that a plan leads to.
pub trait Sink: Send + 'static {
    /// Once, before the first page. `commit`: size of the database in pages.
    fn begin(&mut self, page_size: PageSize, commit: u32) -> Result<()>;

    /// Every page but the lock page, once; ascending within one file.
    fn page(&mut self, page: PageNumber, data: &[u8]) -> Result<()>;

    /// Once, after the last page, when all files read were proven whole.
    fn finish(&mut self) -> Result<()>;
}

/// How far to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Older files are left alone once every page was seen.
    UntilComplete,
    /// Every file of the plan, so that all of them are proven.
    Everything,
}

/// What was read, all of it proven by its checksums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Walked {
    pub(crate) txid: Txid,
    pub(crate) page_size: PageSize,
    pub(crate) commit: u32,
    pub(crate) files: usize,
    /// Downloaded.
    pub(crate) bytes: u64,
    /// Pages taken from before the database had shrunk and grown again, because no file since has them. SQLite does
    /// not write pages it has no use for, and older official versions did not fill them in; official Litestream
    /// restores them so. Only the comparison with the live database shows whether a capture was lost instead.
    pub(crate) stale_pages: u32,
}

/// Streams the plan's files through a decoder on a blocking thread into `sink`, and gives the sink back. Dropping the
/// future ends the thread with the next bytes it waits for.
pub(crate) async fn walk<S: Sink>(replica: &Replica, plan: &Plan, reach: Reach, sink: S) -> Result<(Walked, S)> {
    let files: Vec<_> = plan.files().iter().rev().copied().collect();
    let (sender, parts) = mpsc::unbounded_channel();
    let walker = Walker::new(replica.location(), Feed::new(parts), sink);
    let decoding = task::spawn_blocking({
        let files = files.clone();
        move || walker.run(&files, reach)
    });
    let (fetched, decoded) = tokio::join!(fetch::fetch(replica, &files, sender), decoding);
    let decoded = decoded.map_err(|error| Error::Internal(error.to_string()))?;
    match (fetched, decoded) {
        // The download may have failed at a file that turned out not to be needed.
        (_, Ok(done)) => Ok(done),
        (Err(cause), Err(Stop::Interrupted)) => Err(cause),
        (Ok(()), Err(Stop::Interrupted)) => Err(Error::Internal("the download ended early".into())),
        (_, Err(Stop::Failed(error))) => Err(error),
    }
}

enum Stop {
    Failed(Error),
    /// The feed ended; why is known at its other end.
    Interrupted,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Failed(error)
    }
}

struct Walker<S> {
    location: String,
    feed: Feed,
    sink: S,
}

/// The database as the newest file describes it, and what is still to come.
struct Progress {
    walked: Walked,
    seen: PageSet,
    /// Size of the smallest state met so far, in pages: what an older file has above it was cut off since.
    floor: u32,
}

impl<S: Sink> Walker<S> {
    fn new(location: String, feed: Feed, sink: S) -> Self {
        Walker { location, feed, sink }
    }

    /// `files`: newest first.
    fn run(mut self, files: &[ReplicaFile], reach: Reach) -> Result<(Walked, S), Stop> {
        let mut progress = None;
        for file in files {
            self.apply(file, &mut progress)?;
            if reach == Reach::UntilComplete && progress.as_ref().is_some_and(|p| p.seen.is_full()) {
                break;
            }
        }
        let Some(Progress { walked, seen, .. }) = progress else {
            return Err(Error::Internal("nothing to apply".into()).into());
        };
        if let Some(page) = seen.first_absent() {
            let problem =
                format!("page {page} of {} is in none of the files up to TXID {}", walked.commit, walked.txid);
            return Err(Error::Corrupt { what: format!("replica {}", self.location), problem }.into());
        }
        self.sink.finish()?;
        if walked.stale_pages > 0 {
            let (location, pages) = (&self.location, walked.stale_pages);
            tracing::warn!(%location, txid = %walked.txid, pages, "files lack pages that the database grew by; older ones were taken");
        }
        Ok((walked, self.sink))
    }

    fn apply(&mut self, file: &ReplicaFile, progress: &mut Option<Progress>) -> Result<(), Stop> {
        let Walker { location, feed, sink } = self;
        match apply(feed.file(file.size), file, progress, sink) {
            Ok(()) => Ok(()),
            Err(_) if feed.was_interrupted() => Err(Stop::Interrupted),
            Err(Fault::File(problem)) => Err(corrupt(location, file, problem)),
            Err(Fault::Sink(error)) => Err(error.into()),
        }
    }
}

fn corrupt(location: &str, file: &ReplicaFile, problem: String) -> Stop {
    let name = ltx::file_name::format(file.txids);
    Error::Corrupt { what: format!("file {name} of level {} at {location}", file.level), problem }.into()
}

/// Whose fault it is that a file could not be applied.
enum Fault {
    File(String),
    Sink(Error),
}

impl From<ltx::Error> for Fault {
    fn from(error: ltx::Error) -> Self {
        Fault::File(error.to_string())
    }
}

fn apply(
    source: impl std::io::Read,
    file: &ReplicaFile,
    progress: &mut Option<Progress>,
    sink: &mut impl Sink,
) -> Result<(), Fault> {
    let mut decoder = Decoder::new(source)?;
    let header = *decoder.header();
    if header.txids != file.txids {
        return Err(Fault::File(format!("its header says it holds TXIDs {}", header.txids)));
    }
    if progress.is_none() {
        sink.begin(header.page_size, header.commit).map_err(Fault::Sink)?;
    }
    let progress = progress.get_or_insert_with(|| Progress::begin(&header));
    let page_size = progress.walked.page_size;
    if header.page_size != page_size {
        return Err(Fault::File(format!(
            "its pages have {} bytes, those of later files {page_size}",
            header.page_size
        )));
    }
    let mut data = Vec::new();
    while let Some(page) = decoder.next_page(&mut data)? {
        if progress.seen.insert(page) {
            progress.walked.stale_pages += u32::from(page.get() > progress.floor);
            sink.page(page, &data).map_err(Fault::Sink)?;
        }
    }
    decoder.finish()?;
    progress.floor = progress.floor.min(header.commit);
    progress.walked.files += 1;
    progress.walked.bytes += file.size;
    Ok(())
}

impl Progress {
    /// `newest`: header of the file that ends at the target.
    fn begin(newest: &ltx::Header) -> Self {
        let mut seen = PageSet::new(newest.commit);
        // Never stored, so never missing.
        seen.insert(newest.page_size.lock_page());
        let walked = Walked {
            txid: newest.txids.max(),
            page_size: newest.page_size,
            commit: newest.commit,
            files: 0,
            bytes: 0,
            stale_pages: 0,
        };
        Progress { walked, seen, floor: newest.commit }
    }
}
