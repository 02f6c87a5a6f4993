//! G1: the replicator is killed at every place where a crash matters, again and again, while the application writes.
//! The table of places and outcomes in `docs/durability.md` is what this prints.
#![allow(clippy::unwrap_used)]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use litestream_core::failpoint::PLACES;
use rusqlite::Connection;
use support::{Fixture, bucket::Bucket, process::Process, restored::restored, rows, workload};

/// The process dies when it comes to a place for the first time, the second, the fifth.
const TIMES: [usize; 3] = [1, 2, 5];

/// Commits that are offered to a process until it dies.
const PATIENCE: Duration = Duration::from_secs(4);

#[test]
fn replicator_process() {
    support::process::replicator_process();
}

/// What a death left behind.
#[derive(Default, PartialEq, Eq, Clone, Copy, Debug)]
struct Outcomes {
    deaths: usize,
    /// The replica restored, as it lay, to what was acknowledged or later.
    restorable: usize,
    /// The next process went on, and the replica restored to the live database.
    went_on: usize,
}

#[tokio::test]
async fn g1_a_replicator_killed_at_any_place_loses_nothing_and_goes_on() {
    let mut table = String::from(
        "| killed | times | replica restores as it lies | the next process goes on |\n|---|---|---|---|\n",
    );
    for place in PLACES {
        let mut outcomes = Outcomes::default();
        for time in TIMES {
            die(place, time, &mut outcomes).await;
        }
        assert!(outcomes.deaths > 0, "nothing came to: {place}");
        assert_eq!((outcomes.restorable, outcomes.went_on), (outcomes.deaths, outcomes.deaths), "{place}");
        table += &format!("| {place} | {} | {} | {} |\n", outcomes.deaths, outcomes.restorable, outcomes.went_on);
    }
    println!("{table}");
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/durability.md")).unwrap();
    for line in table.lines().skip(2) {
        let place = line.split('|').nth(1).unwrap();
        assert!(page.contains(&format!("|{place}|")), "docs/durability.md lacks the line\n{line}");
    }
}

/// One life and death, and the life after it.
async fn die(place: &str, time: usize, outcomes: &mut Outcomes) {
    let mut fixture = Fixture::new(4096);
    fixture.config.min_checkpoint_pages = 20;
    if place.starts_with("truncation") {
        fixture.config.truncate_pages = 20;
    }
    if place.starts_with("maintenance") {
        fixture.config.maintenance = support::hasty();
    }
    let app = fixture.app();
    workload::prepare(&app);
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    rows(&app, "t", 30);
    let queued = place.starts_with("squash");
    if queued {
        fixture.config.queue.files = 4;
    }
    let bucket = Bucket::new();
    if place.starts_with("multipart") {
        fixture.endpoint = Some(bucket.server.endpoint());
        // The first capture goes in parts.
        app.execute_batch("INSERT INTO t VALUES (randomblob(12 << 20))").unwrap();
    }
    let replica = if fixture.endpoint.is_some() { bucket.replica() } else { fixture.replica() };
    if place.starts_with("heal") {
        make_gap(&fixture, &app).await;
    }
    let process = fixture.spawn_to_die(place, time);
    if queued {
        while process.try_listed().await.is_none_or(|listed| listed.replicated_txid == 0) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        fixture.close_store(true);
    }
    let died = live(&app, process).await;
    if queued {
        fixture.close_store(false);
    }
    let Some(acknowledged) = died else { return };
    outcomes.deaths += 1;

    // What lies there is whole, or it is not there: else this fails.
    let lies = restored(&replica).await.map_or(0, |(txid, _)| txid);
    outcomes.restorable += usize::from(lies >= acknowledged);
    let next = fixture.spawn().await;
    rows(&app, "t", 3);
    let txid = next.sync().await;
    next.stop();
    // With what the process wrote itself, at a checkpoint, since.
    let image = fixture.image();
    let (found, copy) = restored(&replica).await.unwrap();
    assert!(found >= txid, "killed {place}, {time}: TXID {found} after {txid}");
    assert!(copy == image, "killed {place}, {time}: other pages at TXID {found}");
    let leftovers = fs::read_dir(fixture.config.meta_path.join("ltx/0")).unwrap();
    let leftovers: Vec<PathBuf> = leftovers.map(|entry| entry.unwrap().path()).collect();
    assert!(leftovers.iter().all(|path| path.extension().unwrap() == "ltx"), "{place}: {leftovers:?}");
    outcomes.went_on += 1;
}

/// A life before, and a file of the replica that somebody takes away after it.
async fn make_gap(fixture: &Fixture, app: &Connection) {
    let process = fixture.spawn().await;
    let mut newest = 0;
    for _ in 0..3 {
        rows(app, "t", 1);
        newest = process.sync().await;
    }
    process.stop();
    fs::remove_file(fixture.replica_file(newest - 1)).unwrap();
    // Or the staged file would fill the gap.
    fs::remove_dir_all(&fixture.config.meta_path).unwrap();
}

/// Writes until the process is dead; the newest transaction that it acknowledged. `None`: it did not die.
async fn live(app: &Connection, mut process: Process) -> Option<u64> {
    let started = Instant::now();
    let mut acknowledged = 0;
    while process.is_alive() {
        if started.elapsed() > PATIENCE {
            process.kill();
            return None;
        }
        rows(app, "t", 2);
        if let Some(listed) = process.try_listed().await {
            acknowledged = acknowledged.max(listed.replicated_txid);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Some(acknowledged)
}
