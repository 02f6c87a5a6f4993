//! Plans deletions (G3): pure functions from a listing and the rules to the files that no promised restore needs.
//!
//! - A file of level 0 goes once a file of level 1, or a snapshot that it begins, holds its transactions and is old enough.
//!   All files within such a file go together: a remaining one could not be reached. The newest file stays.
//! - A file behind a gap goes, too, if it ends before the snapshot that spans the gap: no restore reaches it, and level 1
//!   has passed it over.
//! - A snapshot goes when a newer one is old enough: until then a restore to a moment between the two begins with it, and
//!   every moment within the retention can be restored.
//! - A merged file goes when it ends before the newest deleted snapshot: a restore that began before that deletion still
//!   finds its files.

use std::{collections::BTreeSet, iter, time::Duration};

use litestream_core::{
    config::Retention,
    replica::{Level, ReplicaFile},
};
use ltx::{Timestamp, Txid};

/// The files that may be deleted at `now`, in any order.
pub fn condemned(files: &[ReplicaFile], rules: Retention, now: Timestamp) -> Vec<ReplicaFile> {
    let due = merged(files, rules).into_iter().filter(|(_, end)| now >= *end);
    let mut condemned: Vec<ReplicaFile> = due.map(|(file, _)| file).collect();
    let old: Vec<ReplicaFile> = superseded(files, rules).filter(|(_, end)| now >= *end).map(|(file, _)| file).collect();
    if let Some(newest) = old.iter().map(|file| file.txids.max()).max() {
        let between = |file: &&ReplicaFile| file.level > Level::L0 && file.level < Level::SNAPSHOT;
        condemned.extend(files.iter().filter(between).filter(|file| file.txids.max() < newest));
        condemned.extend(old);
    }
    condemned
}

/// When the next file may go.
pub fn next_condemned(files: &[ReplicaFile], rules: Retention) -> Option<Timestamp> {
    let l0 = merged(files, rules).into_iter().map(|(_, end)| end);
    l0.chain(superseded(files, rules).map(|(_, end)| end)).min()
}

/// Files of level 0 but the newest whose transactions another file holds, and when each may go.
fn merged(files: &[ReplicaFile], rules: Retention) -> Vec<(ReplicaFile, Timestamp)> {
    if rules.l0.is_zero() {
        return Vec::new();
    }
    let of = |is_wanted: fn(Level) -> bool| {
        let mut wanted: Vec<_> = files.iter().copied().filter(|file| is_wanted(file.level)).collect();
        wanted.sort_by_key(|file| (file.txids.min(), file.txids.max()));
        wanted
    };
    let l0 = of(|level| level == Level::L0);
    let newest = l0.iter().map(|file| file.txids.max()).max();
    let reached = reached(files);
    let mut holders = of(|level| level.get() == 1 || level == Level::SNAPSHOT).into_iter().peekable();
    // Files that may hold the next one: level 0 may have as many files as a day has seconds.
    let mut near: Vec<ReplicaFile> = Vec::new();
    let mut merged = Vec::new();
    for file in l0.into_iter().filter(|file| Some(file.txids.max()) != newest) {
        near.extend(iter::from_fn(|| holders.next_if(|holder| holder.txids.min() <= file.txids.min())));
        near.retain(|holder| holder.txids.max() >= file.txids.min());
        let needless = file.txids.is_snapshot() || !can_follow(&file, &reached);
        let holds = |holder: &&ReplicaFile| {
            (needless || holder.level < Level::SNAPSHOT) && holder.txids.max() >= file.txids.max()
        };
        let end = near.iter().filter(holds).map(|holder| end_of(holder, rules.l0)).min();
        merged.extend(end.map(|end| (file, end)));
    }
    merged
}

/// Every transaction that some chain of files ends with.
fn reached(files: &[ReplicaFile]) -> BTreeSet<Txid> {
    let mut files: Vec<_> = files.iter().collect();
    files.sort_by_key(|file| file.txids.max());
    let mut reached = BTreeSet::new();
    for file in files {
        if file.txids.is_snapshot() || can_follow(file, &reached) {
            reached.insert(file.txids.max());
        }
    }
    reached
}

/// True if the file is no snapshot and continues one of these transactions.
fn can_follow(file: &ReplicaFile, reached: &BTreeSet<Txid>) -> bool {
    let before = file.txids.min().previous().unwrap_or(Txid::MIN);
    reached.range(before..file.txids.max()).next().is_some()
}

/// Snapshots but the newest, and when each may go.
fn superseded(files: &[ReplicaFile], rules: Retention) -> impl Iterator<Item = (ReplicaFile, Timestamp)> {
    let mut snapshots: Vec<ReplicaFile> = files.iter().filter(|file| file.level == Level::SNAPSHOT).copied().collect();
    snapshots.sort_by_key(|file| file.txids.max());
    let newer = snapshots.clone().into_iter().skip(1);
    snapshots.into_iter().zip(newer).map(move |(file, newer)| (file, end_of(&newer, rules.snapshots)))
}

fn end_of(file: &ReplicaFile, stay: Duration) -> Timestamp {
    let stay = i64::try_from(stay.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(file.created_at.millis().saturating_add(stay))
}
