//! What an application does to its database, and to its WAL.
#![allow(clippy::unwrap_used)]

use rusqlite::Connection;

use super::random::Random;

/// One random step: rows, schema, VACUUM, checkpoints of every mode.
pub fn step(app: &Connection, random: &mut Random) {
    match random.below(20) {
        0..=6 => insert(app, random),
        7..=9 => {
            let (divisor, length) = (2 + random.below(9), random.below(2000));
            app.execute("UPDATE words SET word = randomblob(?2) WHERE id % ?1 = 0", [divisor, length]).unwrap();
        }
        10..=12 => {
            let divisor = 2 + random.below(4);
            app.execute("DELETE FROM words WHERE id % ?1 = 0", [divisor]).unwrap();
        }
        13 => app.execute_batch("VACUUM").unwrap(),
        14 => app.execute_batch("DELETE FROM words").unwrap(),
        15 => {
            let name = random.below(4);
            app.execute_batch(&format!(
                "CREATE TABLE IF NOT EXISTS t{name} (x); INSERT INTO t{name} VALUES (zeroblob(9000))"
            ))
            .unwrap();
        }
        16 => app.execute_batch(&format!("DROP TABLE IF EXISTS t{}", random.below(4))).unwrap(),
        17 => roll_back(app, random),
        _ => checkpoint(app, ["PASSIVE", "FULL", "RESTART", "TRUNCATE"][random.below(4) as usize]),
    }
}

pub fn prepare(app: &Connection) {
    app.execute_batch("CREATE TABLE IF NOT EXISTS words (id INTEGER PRIMARY KEY, word BLOB)").unwrap();
}

/// Never waits: with a replicator around, somebody always reads.
pub fn checkpoint(app: &Connection, mode: &str) {
    app.execute_batch("PRAGMA busy_timeout = 0").unwrap();
    app.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(())).unwrap();
    app.execute_batch("PRAGMA busy_timeout = 5000").unwrap();
}

fn insert(app: &Connection, random: &mut Random) {
    let (rows, length) = (1 + random.below(60), random.below(3000));
    app.execute_batch("BEGIN").unwrap();
    for _ in 0..rows {
        app.execute("INSERT INTO words (word) VALUES (randomblob(?1))", [length]).unwrap();
    }
    app.execute_batch("COMMIT").unwrap();
}

/// Spills to the WAL without committing there.
fn roll_back(app: &Connection, random: &mut Random) {
    app.execute_batch("PRAGMA cache_size = 5; BEGIN").unwrap();
    for _ in 0..random.below(50) {
        app.execute_batch("INSERT INTO words (word) VALUES (randomblob(5000))").unwrap();
    }
    app.execute_batch("ROLLBACK; PRAGMA cache_size = 2000").unwrap();
}
