//! Plans merges: pure functions from a listing to a printable plan.

use std::fmt;

use litestream_core::{
    replica::{Level, ReplicaFile},
    restore::{self, PlanError, Target},
};
use ltx::{Txid, TxidRange};

/// A merge holds each of its sources open. After an outage there may be thousands: the next slot takes more.
const MOST_SOURCES: usize = 256;

/// Files that become one file of `level`. Each continues the one before it, or overlaps it and goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compaction {
    level: Level,
    sources: Vec<ReplicaFile>,
}

/// Transactions that no file of the source level holds, although later ones are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    pub missing: TxidRange,
}

impl Compaction {
    pub fn level(&self) -> Level {
        self.level
    }

    /// Oldest first, never empty.
    pub fn sources(&self) -> &[ReplicaFile] {
        &self.sources
    }

    /// True if there were more sources than one merge takes.
    pub fn is_cut(&self) -> bool {
        self.level < Level::SNAPSHOT && self.sources.len() == MOST_SOURCES
    }

    /// The same with only so many of the sources, of which there must be that many.
    pub(super) fn first(&self, count: usize) -> Compaction {
        Compaction { level: self.level, sources: self.sources[..count].to_vec() }
    }

    /// The transactions of the merged file.
    pub fn txids(&self) -> TxidRange {
        let (first, last) = (&self.sources[0], &self.sources[self.sources.len() - 1]);
        TxidRange::new(first.txids.min(), last.txids.max()).expect("BUG: a chain that ends before it begins")
    }
}

/// The files of the level below that `level` lacks, as far as they go without a gap and one merge can take them; `None`
/// if there is nothing new.
///
/// An empty level begins behind the oldest snapshot, so that the whole database is not written again on every level. A
/// gap that a snapshot spans is passed over.
pub fn compaction(files: &[ReplicaFile], level: Level) -> Result<Option<Compaction>, Gap> {
    let Some(below) = level.get().checked_sub(1).and_then(Level::new) else { return Ok(None) };
    let newest = files.iter().filter(|file| file.level == level).map(|file| file.txids.max()).max();
    let mut reached = newest.or_else(|| snapshots(files).min());
    let mut waiting: Vec<_> = files.iter().copied().filter(|file| file.level == below).collect();
    waiting.sort_by_key(|file| (file.txids.min(), file.txids.max()));
    loop {
        match run(&waiting, reached) {
            Ok(sources) => return Ok((!sources.is_empty()).then_some(Compaction { level, sources })),
            Err(gap) => match snapshots(files).filter(|&max| max >= gap.missing.max()).min() {
                Some(beyond) => reached = Some(beyond),
                None => return Err(gap),
            },
        }
    }
}

/// The files that go on from `reached`, up to a gap; an error if that is where the gap is.
fn run(files: &[ReplicaFile], mut reached: Option<Txid>) -> Result<Vec<ReplicaFile>, Gap> {
    let mut sources: Vec<ReplicaFile> = Vec::new();
    for file in files {
        if reached >= Some(file.txids.max()) {
            continue;
        }
        if !file.txids.extends(reached) {
            if sources.is_empty() {
                return Err(gap(reached, file.txids));
            }
            break;
        }
        if sources.len() == MOST_SOURCES {
            break;
        }
        reached = Some(file.txids.max());
        sources.push(*file);
    }
    Ok(sources)
}

/// The first whole database of level 0, as long as there is no snapshot: it becomes the first one.
pub fn base(files: &[ReplicaFile]) -> Option<Compaction> {
    if snapshots(files).next().is_some() {
        return None;
    }
    let first = files.iter().find(|file| file.level == Level::L0 && file.txids == TxidRange::single(Txid::MIN))?;
    Some(Compaction { level: Level::SNAPSHOT, sources: vec![*first] })
}

/// Everything up to the newest transaction as one snapshot; `None` if the newest snapshot has it all.
pub fn snapshot(files: &[ReplicaFile]) -> Result<Option<Compaction>, PlanError> {
    let newest = files.iter().map(|file| file.txids.max()).max();
    if newest == snapshots(files).max() {
        return Ok(None);
    }
    let plan = restore::plan(files, Target::Latest)?;
    if Some(plan.txid()) == snapshots(files).max() {
        return Ok(None);
    }
    Ok(Some(Compaction { level: Level::SNAPSHOT, sources: plan.files().to_vec() }))
}

/// Up to where each snapshot goes.
fn snapshots(files: &[ReplicaFile]) -> impl Iterator<Item = Txid> {
    let whole = |file: &&ReplicaFile| file.level == Level::SNAPSHOT && file.txids.is_snapshot();
    files.iter().filter(whole).map(|file| file.txids.max())
}

fn gap(reached: Option<Txid>, next: TxidRange) -> Gap {
    let from = reached.map_or(Txid::MIN, Txid::next);
    let to = next.min().previous().unwrap_or(from);
    Gap { missing: TxidRange::new(from, to.max(from)).expect("BUG: a gap ends where it begins or later") }
}

impl fmt::Display for Compaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.sources.iter().map(|file| file.size).fold(0, u64::saturating_add);
        write!(f, "TXIDs {} to level {}: {} files, {bytes} bytes", self.txids(), self.level, self.sources.len())
    }
}
