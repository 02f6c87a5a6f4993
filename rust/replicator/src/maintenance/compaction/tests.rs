#![allow(clippy::unwrap_used)]

use std::time::Duration;

use litestream_core::{
    config::Retention,
    replica::{Level, ReplicaFile},
    restore::{Target, plan},
};
use ltx::{Timestamp, Txid, TxidRange};

use super::*;
use proptest::prelude::*;

fn txid(value: u64) -> Txid {
    Txid::new(value).unwrap()
}

fn file(level: u8, min: u64, max: u64) -> ReplicaFile {
    ReplicaFile::listed(level, min, max, max as i64 * 1000)
}

fn planned(files: &[ReplicaFile], level: u8) -> Option<(u64, u64, usize)> {
    let plan = compaction(files, Level::new(level).unwrap()).unwrap()?;
    Some((plan.txids().min().get(), plan.txids().max().get(), plan.sources().len()))
}

/// A listing may claim any size.
#[test]
fn sizes_that_cannot_be_true_are_added_up_to_the_largest() {
    let mut files = [file(0, 1, 1), file(0, 2, 2), file(0, 3, 3)];
    files.iter_mut().for_each(|file| file.size = i64::MAX as u64);
    let plan = compaction(&files, Level::new(1).unwrap()).unwrap().unwrap();
    assert!(plan.to_string().ends_with(&format!("3 files, {} bytes", u64::MAX)), "{plan}");
}

#[test]
fn a_level_takes_the_files_that_it_lacks_from_the_level_below() {
    let l0 = [file(0, 1, 1), file(0, 2, 2), file(0, 3, 3)];
    assert_eq!(planned(&l0, 1), Some((1, 3, 3)), "without a snapshot from the beginning");
    let with = |more: &[ReplicaFile]| [&l0[..], more].concat();
    assert_eq!(planned(&with(&[file(9, 1, 1)]), 1), Some((2, 3, 2)), "the base is not written again");
    assert_eq!(planned(&with(&[file(9, 1, 1), file(1, 2, 2)]), 1), Some((3, 3, 1)));
    assert_eq!(planned(&with(&[file(1, 1, 3)]), 1), None);
    assert_eq!(planned(&with(&[file(9, 1, 1), file(1, 2, 3)]), 2), Some((2, 3, 1)));
    assert_eq!(planned(&l0, 2), None);
}

#[test]
fn a_compaction_ends_before_a_gap_and_reports_one_at_its_start() {
    let files = [file(9, 1, 1), file(0, 2, 2), file(0, 4, 4), file(0, 5, 5)];
    assert_eq!(planned(&files, 1), Some((2, 2, 1)));
    let stuck = [&files[..], &[file(1, 2, 2)]].concat();
    let gap = compaction(&stuck, Level::new(1).unwrap()).unwrap_err();
    assert_eq!(gap.missing, TxidRange::single(txid(3)));
    assert_eq!(planned(&[&stuck[..], &[file(9, 1, 4)]].concat(), 1), Some((5, 5, 1)), "a snapshot spans it");
}

#[test]
fn a_backlog_is_merged_in_several_steps() {
    let mut files: Vec<ReplicaFile> = (1..=600).map(|txid| file(0, txid, txid)).collect();
    for expected in [(1, 256, 256), (257, 512, 256), (513, 600, 88)] {
        assert_eq!(planned(&files, 1), Some(expected));
        files.push(file(1, expected.0, expected.1));
    }
    assert_eq!(planned(&files, 1), None);
}

#[test]
fn the_first_whole_database_becomes_the_first_snapshot_and_later_ones_are_merged() {
    let mut files = vec![file(0, 1, 1), file(0, 2, 2)];
    let first = base(&files).unwrap();
    assert_eq!((first.level(), first.sources()), (Level::SNAPSHOT, &files[..1]));
    files.push(file(9, 1, 1));
    assert_eq!(base(&files), None);
    let next = snapshot(&files).unwrap().unwrap();
    assert_eq!((next.txids().min().get(), next.txids().max().get()), (1, 2));
    files.push(file(9, 1, 2));
    assert_eq!(snapshot(&files).unwrap(), None, "nothing is new");
}

#[test]
fn slots_are_multiples_of_the_interval() {
    let next = |millis| next_slot(Timestamp::from_millis(millis), Duration::from_secs(30)).millis();
    assert_eq!((next(0), next(29_999), next(30_000), next(-1)), (30_000, 30_000, 60_000, 0));
}

const RULES: Retention = Retention { l0: Duration::from_secs(300), snapshots: Duration::from_secs(1000) };

#[test]
fn level_0_goes_once_it_is_merged_and_old_and_never_the_newest() {
    let files = [file(0, 1, 1), file(0, 2, 2), file(0, 3, 3), file(9, 1, 1), file(1, 2, 2)];
    let gone = |seconds: i64| condemned(&files, RULES, Timestamp::from_millis(seconds * 1000));
    assert_eq!(gone(300), []);
    assert_eq!(gone(301), [file(0, 1, 1)]);
    assert_eq!(gone(900), [file(0, 1, 1), file(0, 2, 2)]);
    assert_eq!(next_condemned(&files, RULES), Some(Timestamp::from_millis(301_000)));
    let for_ever = Retention { l0: Duration::ZERO, ..RULES };
    assert_eq!(condemned(&files, for_ever, Timestamp::from_millis(i64::MAX)), []);
    let all_merged = [file(0, 1, 1), file(1, 1, 1)];
    assert_eq!(condemned(&all_merged, RULES, Timestamp::from_millis(i64::MAX)), []);
}

#[test]
fn files_between_a_gap_and_the_snapshot_that_spans_it_are_deleted_too() {
    let lost =
        [file(9, 1, 1), file(0, 1, 1), file(0, 2, 2), file(0, 4, 4), file(0, 5, 5), file(0, 6, 6), file(1, 2, 2)];
    let gone = |files: &[ReplicaFile], seconds: i64| condemned(files, RULES, Timestamp::from_millis(seconds * 1000));
    assert_eq!(gone(&lost, 900), [file(0, 1, 1), file(0, 2, 2)], "what is behind may still be on its way");
    let healed = [&lost[..], &[file(9, 1, 5), file(1, 6, 6), file(0, 7, 7)]].concat();
    assert_eq!(gone(&healed, 304), [file(0, 1, 1), file(0, 2, 2)], "the snapshot is too young");
    assert_eq!(gone(&healed, 306), [file(0, 1, 1), file(0, 2, 2), file(0, 4, 4), file(0, 5, 5), file(0, 6, 6)]);
}

/// G3: level 1 has lost a file to a deletion from outside, but level 0 still leads there.
#[test]
fn g3_restorable_files_stay_although_a_snapshot_spans_them() {
    let files = [file(9, 1, 1), file(0, 2, 2), file(0, 3, 3), file(1, 4, 5), file(9, 1, 5), file(0, 6, 6)];
    let patient = Retention { snapshots: Duration::from_secs(100_000), ..RULES };
    assert_eq!(condemned(&files, patient, Timestamp::from_millis(90_000_000)), []);
}

#[test]
fn old_snapshots_are_deleted_with_the_files_that_lead_to_them_except_the_newest() {
    let files = [file(9, 1, 10), file(9, 1, 20), file(9, 1, 30), file(1, 2, 9), file(1, 10, 15), file(1, 16, 25)];
    let gone = |seconds: i64| condemned(&files, RULES, Timestamp::from_millis(seconds * 1000));
    assert_eq!(gone(1019), [], "what was between the first two is not older than the rule");
    assert_eq!(gone(1020), [file(1, 2, 9), file(9, 1, 10)]);
    assert_eq!(gone(9999), [file(1, 2, 9), file(1, 10, 15), file(9, 1, 10), file(9, 1, 20)]);
}

/// A replica as we keep it: transactions, and at random moments compactions, snapshots and retention.
fn kept(steps: &[u8]) -> Vec<ReplicaFile> {
    let mut files = vec![file(0, 1, 1)];
    let mut newest = 1;
    for step in steps {
        let planned = match step % 9 {
            // A deletion from outside removes a transaction that no other file holds; a snapshot of the live database
            // spans it.
            8 => {
                let only = |lost: &&ReplicaFile| {
                    files.iter().filter(|other| other.txids.max() >= lost.txids.min()).count() == 1
                };
                let lost = files.iter().filter(only).find(|file| file.level == Level::L0).copied();
                files.retain(|file| Some(*file) != lost);
                newest += 1;
                files.extend([file(0, newest, newest), file(9, 1, newest)]);
                None
            }
            0 => base(&files),
            1..=3 => compaction(&files, Level::new(step % 9).unwrap()).unwrap(),
            4 => snapshot(&files).unwrap(),
            _ => {
                newest += 1;
                files.push(file(0, newest, newest));
                None
            }
        };
        if let Some(plan) = planned {
            let (min, max) = (plan.txids().min().get(), plan.txids().max().get());
            files.push(file(plan.level().get(), min, max));
        }
    }
    files
}

proptest! {
    /// G3
    #[test]
    fn g3_retention_leaves_every_state_from_the_oldest_kept_snapshot_on(
        steps in prop::collection::vec(any::<u8>(), 0..200), age in 0i64..2000,
    ) {
        let files = kept(&steps);
        let now = Timestamp::from_millis((files.iter().map(|file| file.txids.max().get()).max().unwrap() as i64 + age) * 1000);
        let condemned = condemned(&files, RULES, now);
        let left = without(&files, &condemned);
        let newest = files.iter().map(|file| file.txids.max()).max().unwrap();
        prop_assert_eq!(plan(&left, Target::Latest).unwrap().txid(), newest);
        prop_assert_eq!(lost(&left), None, "{:?}", left);
        // The snapshot that the time of retention begins with stays.
        let begins = |files: &[ReplicaFile]| files.iter().filter(|file| file.level == Level::SNAPSHOT).map(|file| file.created_at).min();
        let then = Timestamp::from_millis(now.millis() - RULES.snapshots.as_millis() as i64);
        prop_assert!(begins(&left) <= begins(&files).max(Some(then)), "{:?} of {:?}", left, files);
    }

    /// Files whose transactions level 1 holds go; files that neither level 1 nor a snapshot covers stay.
    #[test]
    fn level_0_goes_once_it_is_merged_and_not_before(steps in prop::collection::vec(any::<u8>(), 0..200), age in 0i64..2000) {
        let files = kept(&steps);
        let newest = files.iter().map(|file| file.txids.max()).max().unwrap();
        let now = Timestamp::from_millis((newest.get() as i64 + age) * 1000);
        let condemned = condemned(&files, RULES, now);
        for file in files.iter().filter(|file| file.level == Level::L0 && file.txids.max() < newest) {
            let held = |level: u8| {
                let old = |holder: &&ReplicaFile| now.millis() - holder.created_at.millis() >= RULES.l0.as_millis() as i64;
                let holders = files.iter().filter(|holder| holder.level.get() == level).filter(old);
                holders.map(|holder| holder.txids).any(|held| held.min() <= file.txids.min() && file.txids.max() <= held.max())
            };
            prop_assert!(!held(1) || condemned.contains(file), "{:?} of {:?}", file, files);
            prop_assert!(held(1) || held(9) || !condemned.contains(file), "{:?} of {:?}", file, files);
        }
    }

    /// G3: the process may die, or the store fail, between any two deletions. The next retention finishes the work.
    #[test]
    fn g3_a_deletion_that_stopped_anywhere_takes_no_promised_state_along(
        steps in prop::collection::vec(any::<u8>(), 0..200), age in 0i64..2000, fates in prop::collection::vec(any::<bool>(), 200),
    ) {
        let files = kept(&steps);
        let newest = files.iter().map(|file| file.txids.max()).max().unwrap();
        let now = Timestamp::from_millis((newest.get() as i64 + age) * 1000);
        let gone: Vec<_> = condemned(&files, RULES, now).into_iter().zip(fates).filter(|&(_, goes)| goes).map(|(file, _)| file).collect();
        let half = without(&files, &gone);
        prop_assert_eq!(plan(&half, Target::Latest).unwrap().txid(), newest);
        let left = without(&half, &condemned(&half, RULES, now));
        prop_assert_eq!(plan(&left, Target::Latest).unwrap().txid(), newest);
        prop_assert_eq!(lost(&left), None, "{:?} of {:?}", left, half);
    }
}

fn without(files: &[ReplicaFile], gone: &[ReplicaFile]) -> Vec<ReplicaFile> {
    files.iter().copied().filter(|file| !gone.contains(file)).collect()
}

/// A state from the oldest snapshot on that a file ends with and that cannot be restored.
fn lost(files: &[ReplicaFile]) -> Option<Txid> {
    let oldest = files.iter().filter(|file| file.level == Level::SNAPSHOT).map(|file| file.txids.max()).min();
    let ends = files.iter().map(|file| file.txids.max());
    let mut promised = ends.filter(|&end| oldest.is_none_or(|oldest| end >= oldest));
    promised.find(|&end| plan(files, Target::Txid(end)).is_err())
}
