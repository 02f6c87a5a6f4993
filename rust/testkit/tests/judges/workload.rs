//! The workload is repeatable, and reaches what it promises.

use std::collections::HashSet;
use std::mem::discriminant;

use litestream_testkit::workload::{Checkpoints, Options, PageImage, Workload, page_image};

fn run(seed: u64, page_size: u32, steps: u64) -> PageImage {
    let folder = tempfile::tempdir().expect("a folder");
    let mut workload = Workload::create(folder.path().join("db"), Options::new(seed, page_size)).expect("a database");
    workload.run(steps).expect("its steps");
    workload.image().expect("its pages")
}

#[test]
fn a_seed_makes_the_same_pages_again() {
    for page_size in [512, 4096, 65_536] {
        let first = run(7, page_size, 60);
        first.assert_same(&run(7, page_size, 60), page_size);
        assert_eq!(first.page_size, page_size as usize);
        assert!(!first.differences(&run(8, page_size, 60)).is_empty());
    }
}

#[test]
fn every_kind_of_step_comes_up_and_the_database_stays_sound() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options { checkpoints: Checkpoints::Any, ..Options::new(3, 1024) };
    let mut workload = Workload::create(folder.path().join("db"), options).expect("a database");
    let steps = workload.run(400).expect("its steps");
    let kinds: HashSet<_> = steps.iter().map(|step| discriminant(&step.kind)).collect();
    assert_eq!(kinds.len(), 15, "all kinds: {steps:?}");
    let verdict: String =
        workload.connection().query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("a verdict");
    assert_eq!(verdict, "ok");
}

#[test]
fn an_image_holds_committed_pages_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("db");
    let mut workload = Workload::create(&path, Options::new(1, 4096)).expect("a database");
    workload.run(20).expect("its steps");
    let before = workload.image().expect("its pages");
    let connection = workload.connection();
    connection.execute_batch("BEGIN; CREATE TABLE open_transaction (a)").expect("a write");
    page_image(&path).expect("its pages").assert_same(&before, "another connection, an open transaction");
    workload.connection().execute_batch("COMMIT").expect("a commit");
    assert!(page_image(&path).expect("its pages").differences(&before).contains(&1));
}

#[test]
fn an_application_that_finds_another_database_goes_on_with_that_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("db");
    let mut workload = Workload::create(&path, Options::new(5, 1024)).expect("a database");
    for round in 0..20 {
        let copy = folder.path().join("copy");
        workload.connection().execute("VACUUM INTO ?1", [copy.to_string_lossy()]).expect("a copy");
        workload.run(40).unwrap_or_else(|error| panic!("{round}: {error}"));
        workload.offline(|| std::fs::rename(copy, &path)).expect("a database").expect("a rename");
    }
}
