//! Random but repeatable work on a WAL database, and the pages that result.
//!
//! A [`Workload`] is the application whose database is replicated; [`PageImage`] is what a replica of
//! it must restore to, byte for byte.

mod image;
mod schema;
mod step;

pub use image::{PageImage, page_image};
pub use step::{Checkpoints, Kind, Step};

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::random::Random;
use schema::Schema;

/// How to make a database.
#[derive(Debug, Clone)]
pub struct Options {
    /// The same seed makes the same database.
    pub seed: u64,
    /// Bytes, a power of two from 512 to 65,536.
    pub page_size: u32,
    /// The application's checkpoints.
    pub checkpoints: Checkpoints,
}

impl Options {
    /// PASSIVE checkpoints.
    pub fn new(seed: u64, page_size: u32) -> Self {
        Self { seed, page_size, checkpoints: Checkpoints::Passive }
    }
}

/// An application at work on its database.
pub struct Workload {
    path: PathBuf,
    options: Options,
    connection: Connection,
    random: Random,
    schema: Schema,
    steps: u64,
}

impl Workload {
    /// Makes a new database and its first table.
    ///
    /// # Errors
    /// SQLite's, for example if the file exists and is no fresh database.
    pub fn create(path: impl Into<PathBuf>, options: Options) -> rusqlite::Result<Self> {
        let path = path.into();
        let connection = Connection::open(&path)?;
        let mut random = Random::new(options.seed);
        // Both must be set before the first page is written.
        connection.pragma_update(None, "page_size", options.page_size)?;
        connection.pragma_update(None, "auto_vacuum", random.within(0..3).cast_signed())?;
        prepare(&connection, &options)?;
        let mut schema = Schema::default();
        schema.create_table(&connection)?;
        Ok(Self { path, options, connection, random, schema, steps: 0 })
    }

    /// Does `count` steps and returns what they were.
    ///
    /// # Errors
    /// SQLite's, with the step it happened at.
    pub fn run(&mut self, count: u64) -> Result<Vec<Step>, String> {
        (0..count).map(|_| self.step()).collect()
    }

    /// Does one step: at most one committed transaction, or a VACUUM, or a checkpoint.
    ///
    /// # Errors
    /// SQLite's, with the step it happened at.
    pub fn step(&mut self) -> Result<Step, String> {
        let kind = Kind::choose(&mut self.random, self.options.checkpoints);
        self.step_of(kind)
    }

    /// Does one step of a given kind.
    ///
    /// # Errors
    /// SQLite's, with the step it happened at.
    pub fn step_of(&mut self, kind: Kind) -> Result<Step, String> {
        self.steps += 1;
        let step = Step { number: self.steps, kind };
        step::perform(kind, &self.connection, &mut self.random, &mut self.schema, self.options.page_size)
            .map_err(|error| format!("seed {}, {step}: {error}", self.options.seed))?;
        Ok(step)
    }

    /// Ends the application, does something to its files, be it another database, and begins it anew.
    ///
    /// # Errors
    /// SQLite's, for example if there is no database then.
    pub fn offline<T>(&mut self, work: impl FnOnce() -> T) -> rusqlite::Result<T> {
        // Closed first: SQLite takes leave of the files under their names.
        self.connection = Connection::open_in_memory()?;
        let outcome = work();
        self.connection = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        prepare(&self.connection, &self.options)?;
        self.schema.read(&self.connection)?;
        Ok(outcome)
    }

    /// The application's connection.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The pages as committed now.
    ///
    /// # Errors
    /// SQLite's.
    pub fn image(&mut self) -> rusqlite::Result<PageImage> {
        PageImage::of(&mut self.connection)
    }
}

/// Sets the pragmas that belong to the connection, not to the file.
fn prepare(connection: &Connection, options: &Options) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.busy_timeout(Duration::from_secs(10))?;
    if options.checkpoints == Checkpoints::None {
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    }
    Ok(())
}
