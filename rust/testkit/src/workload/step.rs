//! The single steps of a workload.

use std::fmt;

use rusqlite::{Connection, params};

use super::schema::Schema;
use crate::random::Random;

/// Rows that one step writes at most.
const MOST_ROWS: u64 = 40;
/// Bytes of one large value: several overflow pages at any page size.
const LARGE: std::ops::Range<u64> = 70_000..300_000;

/// Which checkpoints the application itself makes now and then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checkpoints {
    /// None, and SQLite's automatic ones are switched off.
    None,
    /// `PRAGMA wal_checkpoint(PASSIVE)`, and SQLite's automatic ones.
    Passive,
    /// Any kind, TRUNCATE too; a busy one is not repeated.
    Any,
}

/// The kinds of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Some small rows.
    Insert,
    /// Some rows of a table change.
    Update,
    /// Some rows of a table go.
    Delete,
    /// A few large values.
    Grow,
    /// Most rows of a table go, and the free pages with them where auto-vacuum allows it.
    Shrink,
    /// Some of the free pages go, where auto-vacuum is incremental.
    IncrementalVacuum,
    /// A transaction of the first page alone.
    FirstPage,
    /// A transaction so large that it spills into the WAL, and is then rolled back.
    RollBack,
    /// The whole database is rewritten.
    Vacuum,
    /// A new table.
    CreateTable,
    /// A table goes.
    DropTable,
    /// A new index.
    CreateIndex,
    /// An index goes.
    DropIndex,
    /// A table gets a column.
    AddColumn,
    /// The application's own checkpoint.
    Checkpoint(&'static str),
}

/// One step that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Counts from 1.
    pub number: u64,
    /// The kind of the step.
    pub kind: Kind,
}

impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "step {} ({:?})", self.number, self.kind)
    }
}

impl Kind {
    /// Mostly rows; now and then the schema, the size, a checkpoint.
    pub(super) fn choose(random: &mut Random, checkpoints: Checkpoints) -> Self {
        match random.within(0..100) {
            0..34 => Self::Insert,
            34..56 => Self::Update,
            56..66 => Self::Delete,
            66..73 => Self::Grow,
            73..77 => Self::Shrink,
            77..79 => Self::IncrementalVacuum,
            79..81 => Self::FirstPage,
            81..84 => Self::RollBack,
            84..86 => Self::Vacuum,
            86..88 => Self::CreateTable,
            88..90 => Self::DropTable,
            90..92 => Self::CreateIndex,
            92..94 => Self::DropIndex,
            94..95 => Self::AddColumn,
            _ => match checkpoints {
                Checkpoints::None => Self::Insert,
                Checkpoints::Passive => Self::Checkpoint("PASSIVE"),
                Checkpoints::Any => Self::Checkpoint(["PASSIVE", "FULL", "RESTART", "TRUNCATE"][random.index(4)]),
            },
        }
    }
}

pub(super) fn perform(
    kind: Kind,
    connection: &Connection,
    random: &mut Random,
    schema: &mut Schema,
    page_size: u32,
) -> rusqlite::Result<()> {
    match kind {
        Kind::Insert => in_transaction(connection, |connection| insert(connection, random, schema, page_size)),
        Kind::Update => in_transaction(connection, |connection| update(connection, random, schema, page_size)),
        Kind::Delete => delete(connection, random, schema, 10),
        Kind::Grow => in_transaction(connection, |connection| grow(connection, random, schema)),
        Kind::Shrink => {
            delete(connection, random, schema, 90)?;
            incremental_vacuum(connection, u64::MAX)
        }
        Kind::IncrementalVacuum => incremental_vacuum(connection, random.within(1..20)),
        Kind::FirstPage => connection.pragma_update(None, "user_version", random.within(0..1 << 30).cast_signed()),
        Kind::RollBack => roll_back(connection, random, schema),
        Kind::Vacuum => connection.execute_batch("VACUUM"),
        Kind::CreateTable => schema.create_table(connection),
        Kind::DropTable => schema.drop_table(connection, random),
        Kind::CreateIndex => schema.create_index(connection, random),
        Kind::DropIndex => schema.drop_index(connection, random),
        Kind::AddColumn => schema.add_column(connection, random),
        Kind::Checkpoint(mode) => checkpoint(connection, mode),
    }
}

fn in_transaction(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    work(&transaction)?;
    transaction.commit()
}

fn insert(connection: &Connection, random: &mut Random, schema: &Schema, page_size: u32) -> rusqlite::Result<()> {
    let table = &schema.table(random).name;
    let mut statement = connection.prepare(&format!("INSERT INTO {table} (number, text, body) VALUES (?1, ?2, ?3)"))?;
    for _ in 0..random.within(1..MOST_ROWS) {
        // Up to two pages, so that some values overflow.
        let len = random.index(2 * page_size.min(8192) as usize);
        let number = random.within(0..1 << 40).cast_signed();
        statement.execute(params![number, format!("text {number}"), random.bytes(len)])?;
    }
    Ok(())
}

fn update(connection: &Connection, random: &mut Random, schema: &Schema, page_size: u32) -> rusqlite::Result<()> {
    let table = &schema.table(random).name;
    let divisor = random.within(2..30).cast_signed();
    let body_len = random.index(page_size.min(8192) as usize);
    connection.execute(
        &format!("UPDATE {table} SET number = number + 1, body = ?3 WHERE id % ?1 = ?2"),
        params![divisor, random.within(0..2).cast_signed(), random.bytes(body_len)],
    )?;
    Ok(())
}

fn delete(connection: &Connection, random: &mut Random, schema: &Schema, percent: i64) -> rusqlite::Result<()> {
    let table = &schema.table(random).name;
    let shift = random.within(0..100).cast_signed();
    connection.execute(&format!("DELETE FROM {table} WHERE (id + ?1) % 100 < ?2"), params![shift, percent])?;
    Ok(())
}

fn grow(connection: &Connection, random: &mut Random, schema: &Schema) -> rusqlite::Result<()> {
    let table = &schema.table(random).name;
    for _ in 0..random.within(1..4) {
        let len = usize::try_from(random.within(LARGE)).unwrap_or(0);
        connection.execute(&format!("INSERT INTO {table} (number, body) VALUES (0, ?1)"), [random.bytes(len)])?;
    }
    Ok(())
}

/// Each row that SQLite answers with is one page that went.
fn incremental_vacuum(connection: &Connection, pages: u64) -> rusqlite::Result<()> {
    let pages = i32::try_from(pages).unwrap_or(i32::MAX);
    let mut statement = connection.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

/// With a cache this small the pages go to the WAL before the end: frames of a transaction that never
/// commits.
fn roll_back(connection: &Connection, random: &mut Random, schema: &Schema) -> rusqlite::Result<()> {
    let before: i64 = connection.pragma_query_value(None, "cache_size", |row| row.get(0))?;
    connection.pragma_update(None, "cache_size", 5)?;
    let transaction = connection.unchecked_transaction()?;
    grow(&transaction, random, schema)?;
    delete(&transaction, random, schema, 50)?;
    transaction.rollback()?;
    connection.pragma_update(None, "cache_size", before)
}

/// A checkpoint that finds the database busy is no error, and does not wait: a replicator always reads.
fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<()> {
    let timeout: i64 = connection.pragma_query_value(None, "busy_timeout", |row| row.get(0))?;
    connection.pragma_update(None, "busy_timeout", 0)?;
    let outcome = connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()));
    connection.pragma_update(None, "busy_timeout", timeout)?;
    outcome
}
