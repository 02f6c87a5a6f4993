//! G5: a restore is killed at every place where that matters. What stands under the target's name is whole, the former
//! database is never lost, and the next restore succeeds.

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
};

use crate::support::{Fixture, rows};
use litestream_core::failpoint::{RESTORE_PLACES, VARIABLE};

const FORMER: [(&str, &str); 2] = [("", "the former database"), ("-wal", "its WAL")];

#[tokio::test]
async fn g5_a_restore_killed_at_any_place_leaves_whole_databases() {
    let fixture = Fixture::new(4096);
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    rows(&app, "t", 50);
    let replicator = fixture.spawn().await;
    let (_, image) = fixture.image_at_txid(async || replicator.sync().await).await;
    replicator.stop();
    for force in [false, true] {
        let deaths: Vec<&str> =
            RESTORE_PLACES.iter().copied().filter(|place| die(&fixture, place, force, &image)).collect();
        let expected: Vec<&str> =
            RESTORE_PLACES.iter().copied().filter(|place| force || !place.contains("aside")).collect();
        assert_eq!(deaths, expected, "force: {force}");
    }
}

/// Returns true if it died; then a second restore follows.
fn die(fixture: &Fixture, place: &str, force: bool, image: &[u8]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target.db");
    if force {
        for (suffix, content) in FORMER {
            fs::write(beside(&target, suffix), content).unwrap();
        }
    }
    let died = restore(fixture, &target, force, Some(place)).signal().is_some();
    match fs::read(&target) {
        Ok(found) if force && found == FORMER[0].1.as_bytes() => {
            assert!(beside(&target, FORMER[1].0).exists(), "killed {place}: the former database without its WAL");
        }
        Ok(found) => assert!(found == image, "killed {place}"),
        Err(_) => assert!(!force || kept(folder.path()).contains(&FORMER[0].1.to_owned()), "killed {place}"),
    }
    if died {
        // Where the first one had come to its end, this moves a whole database aside.
        let force = force || target.exists();
        assert!(restore(fixture, &target, force, None).success(), "after a death {place}");
    }
    assert!(fs::read(&target).unwrap() == image, "{place}");
    if force {
        let kept = kept(folder.path());
        assert!(FORMER.iter().all(|(_, content)| kept.contains(&(*content).to_owned())), "killed {place}: {kept:?}");
    }
    died
}

fn restore(fixture: &Fixture, target: &Path, force: bool, killed_at: Option<&str>) -> ExitStatus {
    let mut command = Command::new(env!("CARGO_BIN_EXE_litestream"));
    command.args(["restore", "-o"]).arg(target).args(force.then_some("-force"));
    command.arg(format!("file://{}", fixture.folder.path().join("replica").display()));
    command.envs(killed_at.map(|place| (VARIABLE, format!("{place}:1"))));
    command.status().unwrap()
}

/// The contents of the text files in the folder.
fn kept(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().filter_map(|entry| fs::read_to_string(entry.unwrap().path()).ok()).collect()
}

fn beside(target: &Path, suffix: &str) -> PathBuf {
    target.with_extension(format!("db{suffix}"))
}
