//! The WAL stays bounded under writers that never rest and readers that overlap, and shrinks once a reader that stayed has
//! gone.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::support::{Fixture, background::Background, rows};
use rusqlite::Connection;

/// In frames of 512-byte pages.
const LIMIT: u32 = 2000;

fn fixture() -> Fixture {
    let mut fixture = Fixture::new(512);
    fixture.config.min_checkpoint_pages = 100;
    fixture.config.truncate_pages = LIMIT;
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    fixture
}

fn wal_frames(fixture: &Fixture) -> u64 {
    fs::metadata(fixture.config.path.with_extension("sqlite3-wal")).unwrap().len() / (512 + 24)
}

fn write_until(done: &AtomicBool, app: &Connection) {
    while !done.load(Ordering::Relaxed) {
        rows(app, "t", 20);
        thread::sleep(Duration::from_millis(1));
    }
}

/// Transactions that are never without another one beside them, so that some reader is always on an old frame.
fn read_until(done: &AtomicBool, connections: [Connection; 2], reading: Duration) {
    let begin = |app: &Connection| {
        app.execute_batch("BEGIN").unwrap();
        app.query_row("SELECT count(*) FROM t", [], |_| Ok(())).unwrap();
    };
    begin(&connections[0]);
    for turn in 0.. {
        if done.load(Ordering::Relaxed) {
            break;
        }
        begin(&connections[(turn + 1) % 2]);
        thread::sleep(reading / 2);
        connections[turn % 2].execute_batch("COMMIT").unwrap();
    }
}

/// Until the WAL was too long and has been emptied.
async fn read_and_write(reading: Duration) {
    let fixture = fixture();
    let replicator = fixture.spawn().await;
    replicator.sync().await;
    let (writer, readers) = (fixture.app(), [fixture.app(), fixture.app()]);
    let readers = Background::start(move |done| read_until(done, readers, reading));
    let writer = Background::start(move |done| write_until(done, &writer));
    let deadline = Instant::now() + Duration::from_secs(60);
    let (mut longest, mut was_long) = (0, false);
    loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let frames = wal_frames(&fixture);
        longest = longest.max(frames);
        was_long |= frames > u64::from(LIMIT);
        if was_long && frames < u64::from(LIMIT) / 2 {
            break;
        }
        assert!(Instant::now() < deadline, "{frames} frames, {longest} at most");
    }
    writer.end();
    readers.end();
    let (txid, image) = fixture.image_at_txid(async || replicator.sync().await).await;
    replicator.stop();
    println!("{longest} frames at most");
    assert_eq!(fixture.full_captures(), [1], "what slipped in was found by the page map");
    fixture.assert_restores(txid, &image);
}

#[tokio::test]
async fn g9_readers_that_overlap_do_not_make_the_wal_grow_without_end() {
    read_and_write(Duration::from_millis(20)).await;
}

/// Longer than writers are held up at first.
#[tokio::test]
async fn g9_nor_do_readers_that_overlap_and_stay_for_long() {
    read_and_write(Duration::from_millis(300)).await;
}

#[tokio::test]
async fn a_wal_that_grew_under_a_reader_that_stayed_shrinks_when_it_goes() {
    let fixture = fixture();
    let replicator = fixture.spawn().await;
    replicator.sync().await;
    let (app, reader) = (fixture.app(), fixture.app());
    reader.execute_batch("BEGIN").unwrap();
    reader.query_row("SELECT count(*) FROM t", [], |_| Ok(())).unwrap();
    app.execute_batch("PRAGMA synchronous = OFF").unwrap();
    while wal_frames(&fixture) < u64::from(LIMIT) * 2 {
        app.execute_batch("INSERT INTO t VALUES (zeroblob(100000))").unwrap();
    }
    reader.execute_batch("COMMIT").unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while wal_frames(&fixture) >= u64::from(LIMIT) {
        assert!(Instant::now() < deadline, "{} frames", wal_frames(&fixture));
        rows(&app, "t", 5);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (txid, image) = fixture.image_at_txid(async || replicator.sync().await).await;
    replicator.stop();
    fixture.assert_restores(txid, &image);
}
