//! G1: the replicator is killed at every place where a crash matters, again and again, while the application writes.
//! The table of places and outcomes in `docs/durability.md` is what this prints.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::support::{Fixture, bucket::Bucket, process::Process, restored::restored, rows, with_other_pages, workload};
use litestream_core::{failpoint::PLACES, replica::Replica};
use litestream_replicator::stage::TEMPORARY_PREFIX;
use nix::sys::signal::Signal;
use rusqlite::Connection;

/// The process dies when it comes to a place for the first time, the second, the fifth.
const TIMES: &[usize] = &[1, 2, 5];

/// The places that a process reaches once or twice.
const SELDOM: [(&str, &[usize]); 11] = [
    ("upload: before a withdrawal", &[1]),
    ("upload: after a withdrawal", &[1]),
    ("start: ", &[1]),
    ("multipart: before a part", &[1, 2]),
    ("multipart: after a part", &[1, 2]),
    ("multipart: ", &[1]),
    ("truncation: ", &[1]),
    ("reading: ", &[1]),
    ("page map: before the rename", &[1]),
    ("page map: after the ", &[1]),
    ("heal: ", &[1]),
];

/// The longest wait for a death: a process that lives longer never reaches the place.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The number of useless files in the stage and beside it.
const LEFTOVERS: usize = 5;

/// The state after a death.
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
        let seldom = SELDOM.iter().find(|(beginning, _)| place.starts_with(beginning));
        let times = seldom.map_or(TIMES, |(_, times)| times);
        let mut outcomes = Outcomes::default();
        for &time in times {
            die(place, time, &mut outcomes).await;
        }
        let Outcomes { deaths, restorable, went_on } = outcomes;
        assert_eq!((deaths, restorable, went_on), (times.len(), times.len(), times.len()), "{place}: {outcomes:?}");
        table += &format!("| {place} | {deaths} | {restorable} | {went_on} |\n");
    }
    println!("{table}");
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/durability.md")).unwrap();
    assert!(page.contains(&table), "docs/durability.md lacks this table");
}

/// One life and death, and the life after it.
async fn die(place: &str, time: usize, outcomes: &mut Outcomes) {
    let story = Story::prepared(place).await;
    let (fixture, app) = (&story.fixture, &story.app);
    let process = fixture.spawn_to_die(place, time);
    let mut foreign = story.foreign;
    if place.starts_with("squash") {
        until_replicating(&process).await;
        fixture.close_store(true);
    } else if place.starts_with("upload") && place.contains("withdrawal") {
        foreign = Some(meet_another_writer(fixture, app, &process).await);
    }
    let Some(acknowledged) = live(app, process, story.pause).await else { return };
    if place.starts_with("squash") {
        fixture.close_store(false);
    }
    outcomes.deaths += 1;

    // The replica is whole, or absent: else this fails.
    let lies = restored(&story.replica).await.map_or(0, |(txid, _)| txid);
    let restorable = match &foreign {
        // Our files beyond the other writer's are all there, or none of them is.
        Some(foreign) if place.contains("after") => lies == foreign.txid,
        Some(foreign) => lies > foreign.txid,
        None => lies >= acknowledged,
    };
    assert!(restorable, "killed {place}, {time}: TXID {lies} after {acknowledged}, another writer's: {foreign:?}");
    outcomes.restorable += 1;
    let behind = foreign.as_ref().map(|foreign| foreign.read_behind(fixture));
    let next = fixture.spawn().await;
    rows(app, "t", 3);
    let txid = next.sync().await;
    next.stop();
    // With what the process wrote itself, at a checkpoint, since.
    let image = fixture.image();
    let (found, copy) = restored(&story.replica).await.unwrap();
    assert!(found >= txid, "killed {place}, {time}: TXID {found} after {txid}");
    assert!(copy == image, "killed {place}, {time}: other pages at TXID {found}");
    assert_eq!(leftovers(fixture), Vec::<PathBuf>::new(), "killed {place}, {time}");
    if let Some(foreign) = foreign {
        let stays = fs::read(fixture.replica_file(foreign.txid)).unwrap() == foreign.file;
        assert!(stays, "killed {place}: the other writer's file");
        let went_on = foreign.read_behind(fixture);
        assert!(went_on.is_some() && Some(went_on) != behind, "killed {place}: ours lies behind it");
    }
    outcomes.went_on += 1;
}

/// The events that lead a process to a place.
struct Story {
    fixture: Fixture,
    app: Connection,
    replica: Replica,
    foreign: Option<Foreign>,
    /// Between two transactions of the application.
    pause: Duration,
    _bucket: Bucket,
}

/// A file of another writer in the replica.
struct Foreign {
    txid: u64,
    file: Vec<u8>,
}

impl Foreign {
    /// The file that goes on behind it, if there is one.
    fn read_behind(&self, fixture: &Fixture) -> Option<Vec<u8>> {
        fs::read(fixture.replica_file(self.txid + 1)).ok()
    }
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TXID {}", self.txid)
    }
}

impl Story {
    /// The events before the process that dies.
    async fn prepared(place: &str) -> Story {
        let mut fixture = Fixture::new(4096);
        fixture.config.min_checkpoint_pages = 20;
        let app = fixture.app();
        workload::prepare(&app);
        app.execute_batch("CREATE TABLE t (x)").unwrap();
        rows(&app, "t", 30);
        let bucket = Bucket::new();
        let mut pause = Duration::from_millis(5);
        let mut foreign = None;
        match place.split_once(": ").unwrap() {
            ("truncation", _) => fixture.config.truncate_pages = 20,
            ("squash", _) => fixture.config.queue.files = 4,
            ("maintenance", at) => {
                fixture.config.maintenance = crate::support::hasty();
                if at.contains("copy") {
                    // One file for level 1 at a time, which is copied.
                    pause = Duration::from_millis(150);
                }
            }
            ("store", "before a removal" | "before the fsync of a new folder") => {
                fixture.config.maintenance = crate::support::hasty();
            }
            ("multipart", _) => {
                fixture.endpoint = Some(bucket.server.endpoint());
                // The first capture goes in parts.
                app.execute_batch("INSERT INTO t VALUES (randomblob(12 << 20))").unwrap();
            }
            ("heal", _) => {
                // Beyond three files behind a gap, a restore reports only the gap.
                pause = Duration::from_secs(1);
                make_gap(&fixture, &app).await;
            }
            ("start", _) => foreign = Some(leave_behind_another_writer(&fixture, &app).await),
            _ => {}
        }
        if place.contains("leftover") {
            leave(&fixture);
        }
        let replica = if fixture.endpoint.is_some() { bucket.replica() } else { fixture.replica() };
        Story { fixture, app, replica, foreign, pause, _bucket: bucket }
    }
}

/// An earlier process, and a file of the replica that is deleted after it.
async fn make_gap(fixture: &Fixture, app: &Connection) {
    let newest = live_and_stop(fixture, app, 3).await;
    fs::remove_file(fixture.replica_file(newest - 1)).unwrap();
    // Or the staged file would fill the gap.
    fs::remove_dir_all(&fixture.config.meta_path).unwrap();
}

/// A life before, which left two files behind another writer's, as if it was killed before it could take them back.
async fn leave_behind_another_writer(fixture: &Fixture, app: &Connection) -> Foreign {
    let newest = live_and_stop(fixture, app, 6).await;
    for txid in newest - 3..=newest {
        fs::copy(fixture.replica_file(txid), fixture.staged_path((txid, txid))).unwrap();
    }
    let (txid, path) = (newest - 2, fixture.replica_file(newest - 2));
    let file = with_other_pages(&fs::read(&path).unwrap());
    fs::write(path, &file).unwrap();
    Foreign { txid, file }
}

/// The newest transaction.
async fn live_and_stop(fixture: &Fixture, app: &Connection, transactions: usize) -> u64 {
    let process = fixture.spawn().await;
    let mut newest = 0;
    for _ in 0..transactions {
        rows(app, "t", 1);
        newest = process.sync().await;
    }
    process.stop();
    newest
}

/// Another writer's file comes first, while the store is away and some of ours wait for it.
async fn meet_another_writer(fixture: &Fixture, app: &Connection, process: &Process) -> Foreign {
    until_replicating(process).await;
    // So that nothing is on its way while folders are renamed.
    process.signal(Signal::SIGSTOP);
    fixture.close_store(true);
    let newest = fixture.uploaded_before_it_closed();
    process.signal(Signal::SIGCONT);
    while fixture.staged().last().is_none_or(|&staged| staged < newest + 5) {
        rows(app, "t", 1);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    process.signal(Signal::SIGSTOP);
    fixture.close_store(false);
    let txid = newest + 2;
    let file = with_other_pages(&fs::read(fixture.staged_path((txid, txid))).unwrap());
    fs::write(fixture.replica_file(txid), &file).unwrap();
    process.signal(Signal::SIGCONT);
    Foreign { txid, file }
}

async fn until_replicating(process: &Process) {
    while process.try_listed().await.is_none_or(|listed| listed.replicated_txid == 0) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Makes the leftovers of interrupted captures and merges.
fn leave(fixture: &Fixture) {
    let stage = fixture.config.meta_path.join("ltx/0");
    fs::create_dir_all(&stage).unwrap();
    for number in 0..LEFTOVERS {
        fs::write(stage.join(format!("{number}.ltx.tmp")), "half a file").unwrap();
        fs::write(fixture.config.meta_path.join(format!("{TEMPORARY_PREFIX}{number}")), "half a file").unwrap();
    }
}

fn leftovers(fixture: &Fixture) -> Vec<PathBuf> {
    let beside = fs::read_dir(&fixture.config.meta_path).unwrap().map(|entry| entry.unwrap().path());
    let is_temporary = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(TEMPORARY_PREFIX);
    fixture.leftovers().into_iter().chain(beside.filter(is_temporary)).collect()
}

/// Writes until the process is dead; the newest transaction that it acknowledged. `None`: it did not die.
async fn live(app: &Connection, mut process: Process, pause: Duration) -> Option<u64> {
    let started = Instant::now();
    let mut acknowledged = 0;
    while process.is_alive() {
        if started.elapsed() > TIMEOUT {
            process.kill();
            return None;
        }
        rows(app, "t", 2);
        if let Some(listed) = process.try_listed().await {
            acknowledged = acknowledged.max(listed.replicated_txid);
        }
        tokio::time::sleep(pause).await;
    }
    Some(acknowledged)
}
