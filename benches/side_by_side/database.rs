//! A database like a Rails app's: rows of words, timestamps and ids, which compress about threefold.

use std::{fs, path::Path};

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

/// A fixed pseudo-random sequence, so that every run measures the same bytes.
struct Sequence(u64);

impl Sequence {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn text(&mut self, words: usize) -> String {
        let mut text = String::new();
        for _ in 0..words {
            let value = self.next();
            text.push_str(WORDS[(value % 16) as usize]);
            text.push_str(&format!(" {:x} ", value >> 48));
        }
        text
    }
}

/// Makes a WAL database of about that size, checkpointed and closed.
pub fn make(path: &Path, megabytes: u64) -> Result<(), Box<dyn std::error::Error>> {
    let mut connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.execute_batch(
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, body TEXT, created_at TEXT); \
         CREATE INDEX notes_by_title ON notes (title);",
    )?;
    let mut sequence = Sequence(0x9e37_79b9_7f4a_7c15);
    while fs::metadata(path)?.len() < megabytes << 20 {
        let transaction = connection.transaction()?;
        {
            let mut insert = transaction.prepare("INSERT INTO notes (title, body, created_at) VALUES (?, ?, ?)")?;
            for _ in 0..5000 {
                insert.execute(params![sequence.text(4), sequence.text(60), "2026-01-01 00:00:00"])?;
            }
        }
        transaction.commit()?;
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    }
    Ok(())
}

/// One small commit, as a request of an app makes it.
pub fn commit(connection: &Connection, number: usize) -> rusqlite::Result<()> {
    connection
        .execute("INSERT INTO notes (title, body, created_at) VALUES (?, 'lag', 'now')", [format!("lag {number}")])
        .map(|_| ())
}
