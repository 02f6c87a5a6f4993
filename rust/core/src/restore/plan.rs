//! The files that a restore applies: a pure function from a listing to a printable plan, or to the reason why there is
//! none. Nothing is read here; [`super::Restoration`] performs the plan.

use std::{cmp::Reverse, fmt};

use ltx::{Timestamp, Txid, TxidRange};
use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::{PlanError, RestorableState, Target};
use crate::replica::{Level, ReplicaFile, UPLOADS_IN_FLIGHT};

/// The files to apply, oldest first. The first holds every page. Each further one continues where the one before it
/// ends, or overlaps it and ends later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    files: Vec<ReplicaFile>,
}

impl Plan {
    /// Never empty; oldest first.
    pub fn files(&self) -> &[ReplicaFile] {
        &self.files
    }

    /// TXID of the resulting state.
    pub fn txid(&self) -> Txid {
        self.newest().txids.max()
    }

    /// Creation time of the newest file: the time of the resulting state.
    pub fn created_at(&self) -> Timestamp {
        self.newest().created_at
    }

    /// Most bytes to download; a restore may skip old files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).fold(0, u64::saturating_add)
    }

    fn newest(&self) -> &ReplicaFile {
        self.files.last().expect("BUG: a plan without files")
    }
}

/// The fewest files that lead to the target. Takes a whole listing, in any order, of all levels.
///
/// A plan never crosses a missing transaction, and its state is never older than the target. A TXID is reached
/// exactly. A time must be between the oldest and the newest file. A gap before the target is an error. The latest
/// state is the newest acknowledged one: uploads that a dead writer left unacknowledged do not count.
pub fn plan(files: &[ReplicaFile], target: Target) -> Result<Plan, PlanError> {
    let (Some(oldest), Some(newest)) =
        (files.iter().map(|f| f.created_at).min(), files.iter().map(|f| f.created_at).max())
    else {
        return Err(PlanError::NoFiles);
    };
    if let Target::Time(time) = target
        && !(oldest..=newest).contains(&time)
    {
        return Err(PlanError::OutsideTimes { oldest, newest });
    }

    let usable: Vec<_> = files.iter().copied().filter(|file| usable(file, target)).collect();
    let chain = chain(usable.clone());
    let Some(reached) = chain.last() else {
        return Err(no_start(files));
    };
    arrived(files, &usable, target, reached.into())?;
    Ok(Plan { files: chain })
}

fn usable(file: &ReplicaFile, target: Target) -> bool {
    match target {
        Target::Latest => true,
        Target::Txid(txid) => file.txids.max() <= txid,
        Target::Time(time) => file.created_at < time,
    }
}

/// The greedy chain: from nothing, always the file that continues it and ends farthest. It reaches every state that
/// any other choice reaches. It also prefers a snapshot to a chain that ends at the same transaction.
pub(super) fn chain(mut files: Vec<ReplicaFile>) -> Vec<ReplicaFile> {
    files.sort_by_key(|file| file.txids.min());
    let mut chain: Vec<ReplicaFile> = Vec::new();
    let mut best: Option<ReplicaFile> = None;
    let mut waiting = files.into_iter().peekable();
    loop {
        let position = chain.last().map(|file| file.txids.max());
        let reachable = position.map_or(Txid::MIN, Txid::next);
        while let Some(file) = waiting.next_if(|file| file.txids.min() <= reachable) {
            best = best.into_iter().chain([file]).max_by_key(rank);
        }
        match best {
            Some(file) if file.txids.extends(position) => chain.push(file),
            _ => return chain,
        }
    }
}

/// The first file of a restore to the newest state.
///
/// After a change of the page size, this file decides whether the plan mixes both sizes. No file holds pages of two
/// sizes. So a file from the first transaction to beyond the change has the new size, as do all later ones.
pub fn beginning(files: &[ReplicaFile]) -> Option<&ReplicaFile> {
    files.iter().filter(|file| file.txids.is_snapshot()).max_by_key(|file| rank(file))
}

/// The official order of preference: farthest end, then widest, then highest level, then earliest created.
fn rank(file: &ReplicaFile) -> impl Ord + use<> {
    (file.txids.max(), Reverse(file.txids.min()), file.level, Reverse(file.created_at))
}

/// Checks that the state at `reached` is the target's; an error names the reason why no better one exists.
fn arrived(
    files: &[ReplicaFile],
    usable: &[ReplicaFile],
    target: Target,
    reached: RestorableState,
) -> Result<(), PlanError> {
    let beyond = |file: &ReplicaFile| file.txids.max() > reached.txid;
    let stops_short = match target {
        Target::Txid(txid) => reached.txid != txid,
        Target::Latest | Target::Time(_) => usable.iter().any(beyond),
    };
    if !stops_short || (target == Target::Latest && never_acknowledged(files, reached.txid)) {
        return Ok(());
    }
    if let Target::Txid(txid) = target
        && let Some(newest) =
            files.iter().map(RestorableState::from).max_by_key(|state| state.txid).filter(|state| state.txid < txid)
    {
        return Err(PlanError::BeyondNewest { newest });
    }
    // A file that continues the chain but ends beyond the target: compaction merged the steps, and nothing is lost.
    // For a time, the state before a merged file is the right one; the state before a whole snapshot may be a day old.
    let ways_on = || files.iter().filter(|file| file.txids.extends(Some(reached.txid)));
    let stepped_over = ways_on().any(|file| !file.txids.is_snapshot());
    match (target, ways_on().map(RestorableState::from).min_by_key(|state| state.txid)) {
        (_, None) => Err(PlanError::Gap { missing: behind(files, Some(reached.txid)) }),
        (Target::Time(_), Some(_)) if stepped_over => Ok(()),
        (_, Some(after)) => Err(PlanError::Merged { before: reached, after }),
    }
}

/// True if fewer files follow the gap after `reached` than a writer uploads in parallel. Their writer died, or has yet
/// to acknowledge them.
fn never_acknowledged(files: &[ReplicaFile], reached: Txid) -> bool {
    let mut beyond = files.iter().filter(|file| file.txids.max() > reached);
    let apart = |file: &ReplicaFile| file.level == Level::L0 && file.txids.min() > reached.next();
    beyond.clone().count() < UPLOADS_IN_FLIGHT && beyond.all(apart)
}

/// The first transactions that keep the newest state of a replica out of reach; `None` if it can be restored, or if
/// there are no files.
pub fn missing(files: &[ReplicaFile]) -> Option<TxidRange> {
    let newest = files.iter().map(|file| file.txids.max()).max();
    let reached = chain(files.to_vec()).last().map(|file| file.txids.max());
    (reached < newest).then(|| behind(files, reached))
}

/// The reason why no usable file begins at TXID 1.
fn no_start(files: &[ReplicaFile]) -> PlanError {
    let starts = || files.iter().filter(|file| file.txids.is_snapshot());
    match starts().min_by_key(|file| file.txids.max()) {
        Some(first) => PlanError::BeforeOldest { oldest: first.into() },
        None => PlanError::Gap { missing: behind(files, None) },
    }
}

/// The transactions missing right after a state that no file continues.
fn behind(files: &[ReplicaFile], after: Option<Txid>) -> TxidRange {
    let from = after.map_or(Txid::MIN, Txid::next);
    let next = files.iter().map(|file| file.txids.min()).filter(|min| *min > from).min();
    let to = next.and_then(Txid::previous).unwrap_or(from);
    TxidRange::new(from, to).expect("BUG: a gap ends where it begins or later")
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "TXID {} of {}: {} files, {} bytes",
            self.txid(),
            self.created_at(),
            self.files.len(),
            self.bytes()
        )?;
        writeln!(f, "level  min_txid          max_txid                size  created")?;
        for ReplicaFile { level, txids, size, created_at } in &self.files {
            writeln!(f, "{level:<5}  {}  {}  {size:>10}  {created_at}", txids.min(), txids.max())?;
        }
        Ok(())
    }
}

/// `{min_txid, max_txid, files: [{level, name, min_txid, max_txid, size, timestamp}]}`, as in the official dry run.
impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut plan = serializer.serialize_struct("Plan", 3)?;
        plan.serialize_field("min_txid", &self.files[0].txids.min().to_string())?;
        plan.serialize_field("max_txid", &self.txid().to_string())?;
        plan.serialize_field("files", &self.files.iter().map(PlannedFile::from).collect::<Vec<_>>())?;
        plan.end()
    }
}

#[derive(Serialize)]
struct PlannedFile {
    level: u8,
    name: String,
    min_txid: String,
    max_txid: String,
    size: u64,
    timestamp: String,
}

impl From<&ReplicaFile> for PlannedFile {
    fn from(file: &ReplicaFile) -> Self {
        PlannedFile {
            level: file.level.get(),
            name: ltx::file_name::format(file.txids),
            min_txid: file.txids.min().to_string(),
            max_txid: file.txids.max().to_string(),
            size: file.size,
            timestamp: file.created_at.to_string(),
        }
    }
}
