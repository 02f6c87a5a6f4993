use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::atomic::Ordering};

use tempfile::TempDir;

use super::{
    performing::{Checker, names, restoration},
    *,
};
use crate::{
    Error,
    restore::{IntegrityCheck, Restoration, RestoreOutcome, Restored},
    store::memory::MemoryStore,
};

const SET: [&str; 4] = ["app.sqlite3", "app.sqlite3-wal", "app.sqlite3-shm", "app.sqlite3-journal"];

async fn replica() -> Replica {
    let replica = replica_in(Arc::new(MemoryStore::new()));
    Content::new(0, 1, 1, 1, [(1, 7)]).upload(&replica).await;
    replica
}

fn occupied(by: &[&str]) -> TempDir {
    let directory = TempDir::new().unwrap();
    for name in by {
        fs::write(directory.path().join(name), name).unwrap();
    }
    directory
}

fn restored(outcome: RestoreOutcome) -> Restored {
    match outcome {
        RestoreOutcome::Restored(restored) => restored,
        skipped => panic!("{skipped:?}"),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn an_existing_target_is_refused_and_stays() {
    let replica = replica().await;
    let checker = Checker::default();
    for name in SET {
        let directory = occupied(&[name]);
        let output = directory.path().join("app.sqlite3");
        let error = restoration(&replica, &output, &checker).run().await.unwrap_err();
        let expected = directory.path().join(name);
        assert!(matches!(&error, Error::TargetExists { path } if *path == expected), "{error}");
        assert_eq!(names(directory.path()), [name]);
        assert_eq!(fs::read_to_string(expected).unwrap(), name);
    }
    assert_eq!(checker.asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn an_existing_database_may_be_enough() {
    let replica = replica().await;
    let checker = Checker::default();
    let directory = occupied(&["app.sqlite3"]);
    let output = directory.path().join("app.sqlite3");
    let run = Restoration { if_db_not_exists: true, ..restoration(&replica, &output, &checker) };
    assert_eq!(run.run().await.unwrap(), RestoreOutcome::DatabaseExists);

    // A WAL without its database is no database.
    let directory = occupied(&["app.sqlite3-wal"]);
    let output = directory.path().join("app.sqlite3");
    let run = Restoration { if_db_not_exists: true, ..restoration(&replica, &output, &checker) };
    assert!(matches!(run.run().await.unwrap_err(), Error::TargetExists { .. }));
}

#[tokio::test]
async fn an_empty_file_is_no_database() {
    let replica = replica().await;
    let checker = Checker::default();
    for (force, if_db_not_exists) in [(false, false), (false, true), (true, false)] {
        let directory = occupied(&[]);
        let output = directory.path().join("app.sqlite3");
        fs::write(&output, "").unwrap();
        let run = Restoration { force, if_db_not_exists, ..restoration(&replica, &output, &checker) };
        assert_eq!(restored(run.run().await.unwrap()).kept, None);
        assert_eq!(fs::read(&output).unwrap(), page_of(7));
        assert_eq!(names(directory.path()), ["app.sqlite3"]);
    }
}

#[tokio::test]
async fn a_link_to_where_the_database_lay_survives() {
    let replica = replica().await;
    let checker = Checker::default();
    let directory = occupied(&[]);
    fs::create_dir(directory.path().join("volume")).unwrap();
    let output = directory.path().join("app.sqlite3");
    std::os::unix::fs::symlink("volume/app.sqlite3", &output).unwrap();
    restored(restoration(&replica, &output, &checker).run().await.unwrap());
    assert_eq!(fs::read(directory.path().join("volume/app.sqlite3")).unwrap(), page_of(7));
    assert!(fs::symlink_metadata(&output).unwrap().is_symlink());
    let error = restoration(&replica, &output, &checker).run().await.unwrap_err();
    assert!(matches!(error, Error::TargetExists { .. }), "{error}");
}

#[tokio::test]
async fn force_keeps_the_whole_former_set_and_its_mode() {
    let replica = replica().await;
    let checker = Checker::default();
    let directory = occupied(&SET);
    let output = directory.path().join("app.sqlite3");
    fs::set_permissions(&output, fs::Permissions::from_mode(0o600)).unwrap();
    for round in 1..=2 {
        let run = Restoration { force: true, ..restoration(&replica, &output, &checker) };
        let kept = restored(run.run().await.unwrap()).kept.unwrap();
        assert!(kept.to_string_lossy().starts_with(&format!("{}.before-restore-20", output.display())));
        assert_eq!(fs::read(&output).unwrap(), page_of(7));
        assert_eq!(mode(&output), 0o600);
        if round == 1 {
            let kept = kept.display();
            assert_eq!(fs::read_to_string(format!("{kept}")).unwrap(), "app.sqlite3");
            assert_eq!(fs::read_to_string(format!("{kept}-wal")).unwrap(), "app.sqlite3-wal");
            assert_eq!(names(directory.path()).len(), 5);
        } else {
            assert_eq!(fs::read(kept).unwrap(), page_of(7));
            assert_eq!(names(directory.path()).len(), 6, "a second set in the same second gets another name");
        }
    }
}

#[tokio::test]
async fn force_without_anything_there_moves_nothing() {
    let replica = replica().await;
    let checker = Checker::default();
    let directory = occupied(&[]);
    let output = directory.path().join("app.sqlite3");
    let run = Restoration { force: true, ..restoration(&replica, &output, &checker) };
    assert_eq!(restored(run.run().await.unwrap()).kept, None);
    assert_eq!(names(directory.path()), ["app.sqlite3"]);
}

#[tokio::test]
async fn a_database_that_fails_its_check_is_not_installed() {
    let replica = replica().await;
    let checker = Checker { problem: Some("row 3 missing from index"), ..Checker::default() };
    let directory = occupied(&SET);
    let output = directory.path().join("app.sqlite3");
    let run = Restoration { force: true, ..restoration(&replica, &output, &checker) };
    let error = run.run().await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
    let mut expected = SET;
    expected.sort();
    assert_eq!(names(directory.path()), expected);
    assert_eq!(fs::read_to_string(&output).unwrap(), "app.sqlite3");
}

#[tokio::test]
async fn a_database_that_appears_meanwhile_wins() {
    let replica = replica().await;
    let directory = occupied(&[]);
    let output = directory.path().join("app.sqlite3");
    for appearing in ["app.sqlite3", "app.sqlite3-wal"] {
        let path = directory.path().join(appearing);
        let appears = path.clone();
        let meanwhile = move |_: &Path| fs::write(&appears, "the application's").unwrap();
        let checker = Checker { meanwhile: Some(Box::new(meanwhile)), ..Checker::default() };
        let error = restoration(&replica, &output, &checker).run().await.unwrap_err();
        assert!(matches!(error, Error::TargetExists { .. }), "{error}");
        assert_eq!(names(directory.path()), [appearing]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "the application's");
        fs::remove_file(path).unwrap();
    }
}

#[tokio::test]
async fn a_file_that_was_moved_aside_is_put_back_if_none_takes_its_place() {
    let replica = replica().await;
    let checker = Checker { meanwhile: Some(Box::new(|new| fs::remove_file(new).unwrap())), ..Checker::default() };
    let directory = occupied(&SET);
    let output = directory.path().join("app.sqlite3");
    let run = Restoration { force: true, ..restoration(&replica, &output, &checker) };
    let error = run.run().await.unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    assert_eq!(names(directory.path()).len(), 4);
    for name in SET {
        assert_eq!(fs::read_to_string(directory.path().join(name)).unwrap(), name);
    }
}

#[tokio::test]
async fn the_check_can_be_left_out() {
    let replica = replica().await;
    let checker = Checker { problem: Some("never asked"), ..Checker::default() };
    let directory = occupied(&[]);
    let output = directory.path().join("app.sqlite3");
    let run = Restoration { integrity: IntegrityCheck::None, ..restoration(&replica, &output, &checker) };
    restored(run.run().await.unwrap());
}

#[tokio::test]
async fn a_failed_restore_leaves_the_former_set_alone() {
    let replica = replica_in(Arc::new(MemoryStore::new()));
    let checker = Checker::default();
    let directory = occupied(&SET);
    let output = directory.path().join("app.sqlite3");
    let run = Restoration { force: true, ..restoration(&replica, &output, &checker) };
    assert!(matches!(run.run().await.unwrap_err(), Error::NoReplica { .. }));
    assert_eq!(names(directory.path()).len(), 4);
    assert_eq!(fs::read_to_string(&output).unwrap(), "app.sqlite3");
}
