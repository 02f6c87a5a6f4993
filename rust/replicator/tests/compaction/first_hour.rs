//! What the first hour of a replica costs: the database is uploaded once, not once for every level (official Litestream
//! uploads it again for each). The hour is cut short: every interval is six hundredth of its default.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use litestream_testkit::{
    official::{Location, Official, Settings},
    s3::{Operation, Options, S3Server},
};
use rusqlite::Connection;
use serde_json::json;

const BUCKET: &str = "bucket";
const DATABASE_BYTES: u64 = 8 << 20;
const TIMEOUT: Duration = Duration::from_secs(40);

/// Incompressible, so that what is uploaded can be held against its size.
fn database(path: &Path) -> Connection {
    let app = Connection::open(path).unwrap();
    app.busy_timeout(Duration::from_secs(5)).unwrap();
    app.pragma_update(None, "journal_mode", "wal").unwrap();
    app.execute_batch("CREATE TABLE rows (id INTEGER PRIMARY KEY, content BLOB)").unwrap();
    app.execute("INSERT INTO rows (content) VALUES (randomblob(?1))", [DATABASE_BYTES as u32]).unwrap();
    app.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    app
}

/// Replicates an application that writes until the hour's file of level 3 is there; bytes uploaded.
fn hour(engine: &Official) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let server = S3Server::start(Options::with_bucket(BUCKET)).unwrap();
    let app = database(&folder.path().join("app.sqlite3"));
    let settings = Settings::new(folder.path().join("app.sqlite3"), &Location::on(&server, BUCKET, "db"))
        .global("levels", json!([{ "interval": "50ms" }, { "interval": "500ms" }, { "interval": "6s" }]))
        // Slots are aligned to the wall clock, and no day may end within this hour.
        .global("snapshot", json!({ "interval": "1000000h", "retention": "1000000h" }))
        .global("l0-retention", json!("500ms"))
        .global("l0-retention-check-interval", json!("50ms"));
    let replication = engine.replicate(&settings).unwrap();
    let deadline = Instant::now() + TIMEOUT;
    while !server.keys(BUCKET).iter().any(|key| key.starts_with("db/0003/")) {
        assert!(Instant::now() < deadline, "no level 3; the log:\n{}", replication.log());
        app.execute("INSERT INTO rows (content) VALUES (randomblob(1000))", []).unwrap();
        std::thread::sleep(Duration::from_millis(50));
    }
    replication.stop(TIMEOUT).unwrap();
    let counts = server.requests().counts();
    [Operation::PutObject, Operation::UploadPart].iter().filter_map(|op| counts.get(op)).map(|c| c.bytes_in).sum()
}

fn times_the_database(bytes: u64) -> f64 {
    bytes as f64 / DATABASE_BYTES as f64
}

#[test]
fn the_first_hour_uploads_the_database_once() {
    let uploaded = hour(&Official::at(env!("CARGO_BIN_EXE_litestream"), "0.5.17"));
    assert!(uploaded <= 2 * DATABASE_BYTES, "{:.2} times the database", times_the_database(uploaded));
}

#[test]
#[ignore = "measures official Litestream: --run-ignored only --no-capture"]
fn the_first_hour_beside_official_litestream() {
    let ours = hour(&Official::at(env!("CARGO_BIN_EXE_litestream"), "0.5.17"));
    println!("ours: {:.2} times the database", times_the_database(ours));
    if let Some(official) = Official::find("0.5.17") {
        println!("official 0.5.17: {:.2} times the database", times_the_database(hour(&official)));
    }
}
