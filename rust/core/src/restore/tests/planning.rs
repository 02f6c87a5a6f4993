use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::{
    Error,
    replica::UPLOADS_IN_FLIGHT,
    restore::{Plan, PlanError, RestorableState, Target, missing, plan},
};

fn latest(files: &[ReplicaFile]) -> Result<Plan, PlanError> {
    plan(files, Target::Latest)
}

fn to(value: u64) -> Target {
    Target::Txid(txid(value))
}

fn gap(min: u64, max: u64) -> PlanError {
    PlanError::Gap { missing: range(min, max) }
}

fn state(value: u64) -> RestorableState {
    RestorableState { txid: txid(value), created_at: at(value as i64 * 10) }
}

#[test]
fn nothing_listed_is_no_replica() {
    for target in [Target::Latest, to(1), Target::Time(at(5))] {
        let error = plan(&[], target).unwrap_err();
        assert_eq!(error, PlanError::NoFiles);
        assert!(matches!(error.at("file:///r".into(), target), Error::NoReplica { .. }));
    }
}

/// A listing may claim any size.
#[test]
fn sizes_that_cannot_be_true_are_added_up_to_the_largest() {
    let mut files = [listed(0, 1, 1), listed(0, 2, 2), listed(0, 3, 3)];
    files.iter_mut().for_each(|file| file.size = i64::MAX as u64);
    assert_eq!(latest(&files).unwrap().bytes(), u64::MAX);
}

#[test]
fn a_chain_of_first_level_files_needs_no_snapshot_level() {
    let files = [listed(0, 1, 1), listed(0, 2, 2), listed(0, 3, 3)];
    assert_eq!(latest(&files).unwrap().files(), files);
    assert_eq!(plan(&files, to(2)).unwrap().files(), &files[..2]);
}

#[test]
fn the_newest_snapshot_is_the_start() {
    let files = [listed(9, 1, 4), listed(9, 1, 7), listed(1, 5, 6), listed(0, 8, 8)];
    assert_eq!(latest(&files).unwrap().files(), [files[1], files[3]]);
    assert_eq!(plan(&files, to(6)).unwrap().files(), [files[0], files[2]]);
}

#[test]
fn a_merged_file_replaces_the_snapshot_it_holds() {
    let files = [listed(9, 1, 4), listed(2, 1, 6)];
    assert_eq!(latest(&files).unwrap().files(), [files[1]]);
}

#[test]
fn the_file_that_leads_farthest_is_taken_then_the_widest_then_the_highest_level() {
    let files = [listed(9, 1, 2), listed(0, 3, 3), listed(0, 4, 4), listed(1, 3, 4), listed(2, 2, 4), listed(3, 2, 4)];
    assert_eq!(latest(&files).unwrap().files(), [files[0], files[5]]);
}

#[test]
fn overlaps_are_fine() {
    let files = [listed(9, 1, 5), listed(1, 3, 8), listed(0, 7, 7), listed(0, 8, 8), listed(0, 9, 9)];
    assert_eq!(latest(&files).unwrap().files(), [files[0], files[1], files[4]]);
}

#[test]
fn order_of_the_listing_does_not_matter() {
    let mut files = [listed(0, 3, 3), listed(0, 1, 1), listed(1, 4, 6), listed(0, 2, 2)];
    let expected = latest(&files).unwrap();
    files.reverse();
    assert_eq!(latest(&files).unwrap(), expected);
}

#[test]
fn latest_refuses_to_cross_or_to_end_before_a_gap() {
    let files = [listed(9, 1, 2), listed(0, 3, 3), listed(0, 6, 6), listed(1, 7, 7)];
    let error = latest(&files).unwrap_err();
    assert_eq!(error, gap(4, 5));
    let error = error.at("s3://b/db".into(), Target::Latest);
    assert!(matches!(error, Error::Corrupt { .. }));
    assert!(error.to_string().contains("TXIDs 0000000000000004-0000000000000005 are missing"), "{error}");
}

/// A writer sends several files at once and may die in between.
#[test]
fn latest_is_the_newest_state_that_was_acknowledged() {
    let files = [listed(9, 1, 2), listed(0, 3, 3), listed(0, 5, 5), listed(0, 6, 6), listed(0, 7, 9)];
    assert_eq!(latest(&files).unwrap().files(), &files[..2]);
    assert_eq!(plan(&files, to(5)).unwrap_err(), gap(4, 4), "a TXID is hit or refused");
    let more = [&files[..], &[listed(0, 10, 10)]].concat();
    assert_eq!(latest(&more).unwrap_err(), gap(4, 4), "more than one writer sends at once");
    assert_eq!(latest(&files[2..]).unwrap_err(), gap(1, 4), "nothing was acknowledged");
}

#[test]
fn files_that_the_newest_state_needs_are_reported_as_missing() {
    let files = [listed(9, 1, 2), listed(0, 3, 3), listed(0, 6, 6), listed(9, 1, 6), listed(0, 7, 7)];
    assert_eq!(missing(&files), None);
    assert_eq!(missing(&files[..3]), Some(range(4, 5)));
    assert_eq!(missing(&files[1..2]), Some(range(1, 2)));
    assert_eq!(missing(&[]), None);
}

#[test]
fn a_gap_that_a_later_snapshot_covers_is_none() {
    let files = [listed(9, 1, 2), listed(0, 3, 3), listed(0, 6, 6), listed(9, 1, 6), listed(0, 7, 7)];
    assert_eq!(latest(&files).unwrap().files(), [files[3], files[4]]);
}

#[test]
fn without_a_beginning_the_first_transactions_are_the_gap() {
    let files = [listed(0, 4, 4), listed(0, 5, 5)];
    for target in [Target::Latest, to(4), to(5), Target::Time(at(45))] {
        assert_eq!(plan(&files, target).unwrap_err(), gap(1, 3));
    }
}

#[test]
fn a_txid_is_hit_exactly_or_refused() {
    let files = [listed(9, 1, 2), listed(1, 3, 6), listed(0, 7, 7)];
    for hit in [2, 6, 7] {
        assert_eq!(plan(&files, to(hit)).unwrap().txid(), txid(hit));
    }
    for swallowed in [3, 4, 5] {
        let error = plan(&files, to(swallowed)).unwrap_err();
        assert_eq!(error, PlanError::Merged { before: state(2), after: state(6) });
        assert!(matches!(error.at(String::new(), to(4)), Error::TargetUnavailable { .. }));
    }
    assert_eq!(plan(&files, to(8)).unwrap_err(), PlanError::BeyondNewest { newest: state(7) });
    assert_eq!(plan(&files, to(1)).unwrap_err(), PlanError::BeforeOldest { oldest: state(2) });
}

#[test]
fn a_txid_behind_a_gap_is_refused() {
    let files = [listed(9, 1, 2), listed(0, 4, 4), listed(0, 5, 5)];
    assert_eq!(plan(&files, to(5)).unwrap_err(), gap(3, 3));
    assert_eq!(plan(&files, to(3)).unwrap_err(), gap(3, 3));
    assert_eq!(plan(&files, to(2)).unwrap().files(), &files[..1]);
}

#[test]
fn a_time_takes_files_created_before_it() {
    let files = [listed(9, 1, 2), listed(0, 3, 3), listed(0, 4, 4)];
    assert_eq!(plan(&files, Target::Time(at(31))).unwrap().txid(), txid(3));
    assert_eq!(
        plan(&files, Target::Time(at(30))).unwrap().txid(),
        txid(2),
        "created at that very moment is not before"
    );
    assert_eq!(plan(&files, Target::Time(at(40))).unwrap().txid(), txid(3));
}

#[test]
fn a_time_outside_the_files_is_never_the_latest_state() {
    let files = [listed(9, 1, 2), listed(0, 3, 3)];
    let outside = PlanError::OutsideTimes { oldest: at(20), newest: at(30) };
    for time in [19, 31, 1_000_000] {
        let error = plan(&files, Target::Time(at(time))).unwrap_err();
        assert_eq!(error, outside);
        assert!(matches!(error.at(String::new(), Target::Latest), Error::TargetUnavailable { .. }));
    }
    assert_eq!(plan(&files, Target::Time(at(20))).unwrap_err(), PlanError::BeforeOldest { oldest: state(2) });
}

#[test]
fn a_time_before_the_oldest_snapshot_is_refused() {
    let files = [listed(1, 2, 3), listed(1, 4, 5), listed(9, 1, 5), listed(0, 6, 6)];
    let error = plan(&files, Target::Time(at(45))).unwrap_err();
    assert_eq!(error, PlanError::BeforeOldest { oldest: state(5) });
}

#[test]
fn a_time_inside_a_merged_file_gives_the_state_before_it() {
    // The first raw files of the merged one are deleted already, the last are still there.
    let files = [listed(9, 1, 2), listed(1, 3, 6), listed(0, 5, 5), listed(0, 6, 6), listed(0, 7, 7)];
    assert_eq!(plan(&files, Target::Time(at(55))).unwrap().txid(), txid(2));
}

#[test]
fn a_time_behind_a_gap_is_refused_even_if_a_later_snapshot_covers_it() {
    let files = [listed(9, 1, 2), listed(0, 5, 5), listed(0, 6, 6)];
    assert_eq!(plan(&files, Target::Time(at(55))).unwrap_err(), gap(3, 4));
    let files = [listed(9, 1, 2), listed(0, 5, 5), listed(0, 6, 6), listed(9, 1, 6)];
    let expected = PlanError::Merged { before: state(2), after: state(6) };
    assert_eq!(plan(&files, Target::Time(at(55))).unwrap_err(), expected);
    assert_eq!(latest(&files).unwrap().files(), [files[3]]);
}

#[test]
fn a_time_before_a_gap_is_not_bothered_by_it() {
    let files = [listed(9, 1, 2), listed(0, 3, 3), listed(0, 5, 5)];
    assert_eq!(plan(&files, Target::Time(at(35))).unwrap().txid(), txid(3));
}

#[test]
fn a_hundred_thousand_files_are_planned_at_once() {
    let files: Vec<_> = (1..=100_000).rev().map(|n| listed(0, n, n)).collect();
    assert_eq!(latest(&files).unwrap().files().len(), 100_000);
}

/// Every set of files over five transactions, against the plainest definition of what can be reached.
#[test]
fn every_small_listing_is_planned_if_and_only_if_it_can_be() {
    let ranges: Vec<_> = (1..=5).flat_map(|min| (min..=5).map(move |max| (min, max))).collect();
    for subset in 1u32..1 << ranges.len() {
        let chosen = ranges.iter().enumerate().filter(|(i, _)| subset & 1 << i != 0);
        let files: Vec<_> = chosen.map(|(_, &(min, max))| listed(0, min, max)).collect();
        let reachable = reachable(&files);
        let newest = files.iter().map(|f| f.txids.max().get()).max().unwrap();
        let best = reachable.last().copied();
        let beyond = files.iter().filter(|f| Some(f.txids.max().get()) > best).count();
        let expected = best.filter(|&best| best == newest || beyond < UPLOADS_IN_FLIGHT);
        assert_eq!(check(&files, Target::Latest), expected, "{files:?}");
        for target in 1..=6 {
            let expected = reachable.contains(&target).then_some(target);
            assert_eq!(check(&files, to(target)), expected, "{target} of {files:?}");
        }
    }
}

/// Where the plan leads, after checking that it is a chain without a superfluous file.
fn check(files: &[ReplicaFile], target: Target) -> Option<u64> {
    let plan = plan(files, target).ok()?;
    let mut position = None;
    for file in plan.files() {
        assert!(file.txids.extends(position), "{plan:?}");
        position = Some(file.txids.max());
    }
    assert!(plan.files().iter().skip(1).all(|file| !file.txids.is_snapshot()), "{plan:?}");
    position.map(Txid::get)
}

fn reachable(files: &[ReplicaFile]) -> BTreeSet<u64> {
    let mut positions = BTreeSet::from([0]);
    loop {
        let further = files.iter().filter(|f| positions.iter().any(|&at| f.txids.extends(Txid::new(at))));
        let grown: BTreeSet<_> = positions.iter().copied().chain(further.map(|f| f.txids.max().get())).collect();
        if grown.len() == positions.len() {
            return positions.into_iter().filter(|&at| at > 0).collect();
        }
        positions = grown;
    }
}

#[test]
fn a_plan_prints_and_serialises_as_the_official_dry_run() {
    let plan = latest(&[listed(9, 1, 2), listed(0, 3, 3)]).unwrap();
    assert_eq!(
        plan.to_string(),
        "TXID 0000000000000003 of 1970-01-01T00:00:00.03Z: 2 files, 2000 bytes\n\
         level  min_txid          max_txid                size  created\n\
         9      0000000000000001  0000000000000002        1000  1970-01-01T00:00:00.02Z\n\
         0      0000000000000003  0000000000000003        1000  1970-01-01T00:00:00.03Z\n",
    );
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(json["min_txid"], "0000000000000001");
    assert_eq!(json["max_txid"], "0000000000000003");
    assert_eq!(
        json["files"][0],
        serde_json::json!({
            "level": 9, "name": "0000000000000001-0000000000000002.ltx", "min_txid": "0000000000000001",
            "max_txid": "0000000000000002", "size": 1000, "timestamp": "1970-01-01T00:00:00.02Z",
        })
    );
}

proptest! {
    /// No file holds pages of two sizes. Where files of one size lead to a state, files of two are never planned.
    #[test]
    fn a_plan_has_one_page_size_where_it_can(
        changes in prop::collection::btree_set(2u64..30, 0..4),
        ranges in prop::collection::vec((0u8..=9, 1u64..30, 0u64..12, any::<bool>()), 1..60),
        target in 1u64..30,
    ) {
        // By how many changes came before; a snapshot has the size of its newest transaction.
        let size_at = |value: u64| changes.iter().filter(|&&change| change <= value).count();
        let size_of = |file: &ReplicaFile| size_at(file.txids.max().get());
        let sound = |file: &ReplicaFile| file.txids.is_snapshot() || size_at(file.txids.min().get()) == size_of(file);
        let made = ranges.iter().map(|&(level, min, more, whole)| {
            listed(if whole { 9 } else { level }, if whole { 1 } else { min }, min + more)
        });
        let files: Vec<_> = made.filter(sound).collect();
        for target in [Target::Latest, to(target)] {
            let Ok(planned) = plan(&files, target) else { continue };
            let size = size_at(planned.txid().get());
            let of_that_size: Vec<_> = files.iter().copied().filter(|file| size_of(file) == size).collect();
            if plan(&of_that_size, to(planned.txid().get())).is_ok() {
                prop_assert!(planned.files().iter().all(|file| size_of(file) == size), "{planned}");
            }
        }
    }
}
