//! Applies the files of a plan from the newest to the oldest, so that each page is taken once, from the newest file
//! that has it. Restore writes the pages; verify only adds them up.

use std::ops::Range;

use fixedbitset::FixedBitSet;
use ltx::{PageNumber, PageSize, Slicer, Txid};
use tokio::{sync::mpsc, task};

use super::{
    Plan,
    chunk_queue::ChunkQueue,
    decompress::{SLICE_BYTES, SliceJob, SliceQueue, Turns, decompressing},
    fetch,
    sink::PageSink,
};
use crate::{
    Error, Result,
    replica::{Replica, ReplicaFile},
};

/// Extent of the reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Older files are skipped once every page is found.
    UntilComplete,
    /// Every file of the plan is read, so that all of them are proven.
    Everything,
}

/// Totals of an applied plan; every file read passed its checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) txid: Txid,
    pub(crate) page_size: PageSize,
    pub(crate) commit: u32,
    pub(crate) files: usize,
    /// Bytes downloaded.
    pub(crate) bytes: u64,
    /// Pages taken from before the database shrank and grew again, because no newer file has them. SQLite does not
    /// write unused pages, and older official versions did not fill them in. Official Litestream restores them the
    /// same way. Only a comparison with the live database shows whether a capture was lost instead.
    pub(crate) stale_pages: u32,
}

/// Streams the plan's files into `sink`, decompressed on every core, and returns the sink. Once the future is dropped,
/// the threads end at their next read.
pub(crate) async fn apply<S: PageSink>(replica: &Replica, plan: &Plan, reach: Reach, sink: S) -> Result<(Applied, S)> {
    let files: Vec<_> = plan.files().iter().rev().copied().collect();
    let (sender, parts) = mpsc::unbounded_channel();
    let location = replica.location();
    let decoding = task::spawn_blocking({
        let (files, feed) = (files.clone(), ChunkQueue::new(parts));
        move || {
            let mut applier = Applier { location: &location, feed, sink: &sink, progress: None };
            let applied = decompressing(&location, &sink, |slices| applier.run(slices, &files, reach))?;
            Ok((applied, sink))
        }
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
    /// The download or the threads ended; their own error has the reason.
    Interrupted,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Failed(error)
    }
}

/// Cuts the files and decides which of their pages count.
struct Applier<'a, S> {
    location: &'a str,
    feed: ChunkQueue,
    sink: &'a S,
    progress: Option<Progress>,
}

/// The database as the newest file describes it, and its missing pages.
struct Progress {
    applied: Applied,
    /// One bit for each page of the newest state, page 1 first.
    seen: FixedBitSet,
    /// Bits that are still zero.
    missing: usize,
    /// Smallest database size so far, in pages. Pages above it in an older file were cut off since.
    floor: u32,
}

impl<S: PageSink> Applier<'_, S> {
    /// `files`: newest first.
    fn run(&mut self, slices: &SliceQueue, files: &[ReplicaFile], reach: Reach) -> Result<Applied, Stop> {
        for file in files {
            match self.cut(slices, file) {
                Err(Stop::Failed(_)) if self.feed.was_interrupted() => return Err(Stop::Interrupted),
                Ok(Cut::OfAnotherDatabase) => break,
                done => done?,
            };
            if reach == Reach::UntilComplete && self.progress.as_ref().is_some_and(Progress::is_complete) {
                break;
            }
        }
        let Some(progress) = &self.progress else {
            return Err(Error::Internal("nothing to apply".into()).into());
        };
        let applied = progress.applied;
        if let Some(page) = progress.first_missing() {
            let problem =
                format!("page {page} of {} is in none of the files up to TXID {}", applied.commit, applied.txid);
            return Err(Error::Corrupt { what: format!("replica {}", self.location), problem }.into());
        }
        if applied.stale_pages > 0 {
            let (location, pages) = (self.location, applied.stale_pages);
            let txid = applied.txid;
            tracing::warn!(%location, %txid, pages, "files lack pages that the database grew by; older ones were taken");
        }
        Ok(applied)
    }

    fn cut(&mut self, slices: &SliceQueue, file: &ReplicaFile) -> Result<Cut, Stop> {
        let corrupt = |error: ltx::Error| file.corrupt(self.location, error.to_string());
        let (mut slicer, tally) = Slicer::new(self.feed.file(file.size)).map_err(corrupt)?;
        let header = *slicer.header();
        let of_another = |newer: &Progress| newer.applied.page_size != header.page_size && newer.is_complete();
        if self.progress.as_ref().is_some_and(of_another) {
            return Ok(Cut::OfAnotherDatabase);
        }
        if self.progress.is_none() {
            self.sink.begin(header.page_size, header.commit)?;
        }
        let progress = self.progress.get_or_insert_with(|| Progress::begin(&header));
        progress.fits(file, &header).map_err(|problem| file.corrupt(self.location, problem))?;
        let mut turns = Turns::new(tally);
        let mut more = true;
        while more {
            let mut slice = slices.slice().ok_or(Stop::Interrupted)?;
            more = slicer.next(&mut slice, SLICE_BYTES).map_err(corrupt)?;
            let wanted = progress.wanted(slice.pages());
            slices.submit(SliceJob { file: *file, page_size: header.page_size, slice, wanted, turn: turns.next() });
        }
        progress.floor = progress.floor.min(header.commit);
        progress.applied.files += 1;
        progress.applied.bytes += file.size;
        Ok(Cut::Done)
    }
}

/// Result of cutting one file.
enum Cut {
    Done,
    /// The file has another page size, and newer files hold every page: the database was replaced. Nothing of the
    /// former one belongs to the restored state.
    OfAnotherDatabase,
}

impl Progress {
    /// `newest`: header of the file that ends at the target.
    fn begin(newest: &ltx::Header) -> Self {
        let applied = Applied {
            txid: newest.txids.max(),
            page_size: newest.page_size,
            commit: newest.commit,
            files: 0,
            bytes: 0,
            stale_pages: 0,
        };
        let pages = newest.commit as usize;
        let seen = FixedBitSet::with_capacity(pages);
        let mut progress = Progress { applied, seen, missing: pages, floor: newest.commit };
        // The lock page is never stored, so never missing.
        progress.see(newest.page_size.lock_page());
        progress
    }

    /// True at the first call for a page of the newest state; false for pages beyond its last.
    fn see(&mut self, page: PageNumber) -> bool {
        let index = page.get() as usize - 1;
        let new = index < self.seen.len() && !self.seen.put(index);
        self.missing -= usize::from(new);
        new
    }

    fn is_complete(&self) -> bool {
        self.missing == 0
    }

    /// The lowest page number that no file so far has.
    fn first_missing(&self) -> Option<usize> {
        self.seen.zeroes().next().map(|index| index + 1)
    }

    /// Checks that a file is the listed one, and of this database; an error names the difference.
    fn fits(&self, file: &ReplicaFile, header: &ltx::Header) -> Result<(), String> {
        if header.txids != file.txids {
            return Err(format!("its header says it holds TXIDs {}", header.txids));
        }
        if header.page_size != self.applied.page_size {
            let (found, expected) = (header.page_size, self.applied.page_size);
            return Err(format!("its pages have {found} bytes, those of later files {expected}"));
        }
        Ok(())
    }

    /// Runs of consecutive pages that no newer file has. From now on they count as seen.
    fn wanted(&mut self, pages: impl Iterator<Item = PageNumber>) -> Vec<Range<usize>> {
        let mut runs: Vec<Range<usize>> = Vec::new();
        let mut next = None;
        for (index, page) in pages.enumerate() {
            if !self.see(page) {
                continue;
            }
            self.applied.stale_pages += u32::from(page.get() > self.floor);
            match runs.last_mut().filter(|run| run.end == index && next == Some(page.get())) {
                Some(run) => run.end += 1,
                None => runs.push(index..index + 1),
            }
            next = page.get().checked_add(1);
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ltx::{Timestamp, TxidRange, WalSpan};

    use super::*;

    fn progress(commit: u32) -> Progress {
        Progress::begin(&ltx::Header {
            page_size: PageSize::new(4096).unwrap(),
            commit,
            txids: TxidRange::new(Txid::MIN, Txid::MIN).unwrap(),
            timestamp: Timestamp::from_millis(0),
            wal: WalSpan::default(),
            pre_apply_checksum: None,
            node_id: 0,
        })
    }

    #[test]
    fn complete_means_that_every_page_was_seen_once() {
        for pages in [1, 63, 64, 65, 128] {
            let mut progress = progress(pages);
            for number in 1..=pages {
                let page = PageNumber::new(number).unwrap();
                assert!(!progress.is_complete());
                assert_eq!(progress.first_missing(), Some(number as usize));
                assert!(progress.see(page) && !progress.see(page));
            }
            assert!(progress.is_complete());
            assert_eq!(progress.first_missing(), None);
            assert!(!progress.see(PageNumber::new(pages + 1).unwrap()), "beyond the last");
        }
    }
}
