//! A database like a Rails app's: rows of words, timestamps and ids, which compress about threefold.

use std::{fs, path::Path};

use litestream_testkit::random::Random;
use rusqlite::{Connection, params};

const WORDS: [&str; 16] = [
    "backup",
    "invoice",
    "customer",
    "delivered",
    "pending",
    "replica",
    "the",
    "of",
    "and",
    "order",
    "shipment",
    "email",
    "address",
    "total",
    "2026-01-01",
    "note",
];

/// The seed of the rows, fixed so that every run measures the same bytes.
const SEED: u64 = 1;

fn text(random: &mut Random, words: usize) -> String {
    let mut text = String::new();
    for _ in 0..words {
        text.push_str(WORDS[random.index(WORDS.len())]);
        text.push_str(&format!(" {:x} ", random.within(0..1 << 16)));
    }
    text
}

/// Makes a WAL database of about this size in MiB, checkpointed and closed.
pub fn make(path: &Path, megabytes: u64) -> Result<(), Box<dyn std::error::Error>> {
    let mut connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.execute_batch(
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, body TEXT, created_at TEXT); \
         CREATE INDEX notes_by_title ON notes (title);",
    )?;
    let mut random = Random::new(SEED);
    while fs::metadata(path)?.len() < megabytes << 20 {
        let transaction = connection.transaction()?;
        {
            let mut insert = transaction.prepare("INSERT INTO notes (title, body, created_at) VALUES (?, ?, ?)")?;
            for _ in 0..5000 {
                insert.execute(params![text(&mut random, 4), text(&mut random, 60), "2026-01-01 00:00:00"])?;
            }
        }
        transaction.commit()?;
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    }
    Ok(())
}

/// Makes one small commit, like a request to an app.
pub fn commit(connection: &Connection, number: usize) -> rusqlite::Result<()> {
    connection
        .execute("INSERT INTO notes (title, body, created_at) VALUES (?, 'lag', 'now')", [format!("lag {number}")])
        .map(|_| ())
}
