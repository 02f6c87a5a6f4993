//! The files of a database: older copies of them, and other databases in their place.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::Fixture;

/// Copies taken earlier, the newest of each kind.
pub struct Disk<'a> {
    fixture: &'a Fixture,
    meta: PathBuf,
    database: PathBuf,
}

const BESIDE: [&str; 3] = ["", "-wal", "-shm"];

impl<'a> Disk<'a> {
    pub fn new(fixture: &'a Fixture) -> Self {
        let copy = |name: &str| fixture.folder.path().join(name);
        Disk { fixture, meta: copy("copy-of-meta"), database: copy("copy-of-database") }
    }

    /// Called while nothing is written.
    pub fn copy_all(&self) {
        for copy in [&self.meta, &self.database] {
            let _ = fs::remove_dir_all(copy);
            fs::create_dir(copy).unwrap();
        }
        copy(&self.fixture.config.meta_path, &self.meta);
        for suffix in ["", "-wal"] {
            copy(&self.beside(suffix), &self.database);
        }
    }

    pub fn has_copies(&self) -> bool {
        self.meta.exists()
    }

    /// Makes the replica unreachable, or reachable again: a file takes the place of its folder. Called while nothing is
    /// written there.
    pub fn close_store(&self, closed: bool) {
        let replica = self.fixture.folder.path().join("replica");
        let aside = replica.with_extension("away");
        if closed {
            fs::rename(&replica, &aside).unwrap();
            fs::write(&replica, "").unwrap();
        } else {
            fs::remove_file(&replica).unwrap();
            fs::rename(&aside, &replica).unwrap();
        }
    }

    /// The replicator is down.
    pub fn lose_meta(&self) {
        let _ = fs::remove_dir_all(&self.fixture.config.meta_path);
    }

    /// The replicator is down.
    pub fn put_back_meta(&self) {
        self.lose_meta();
        copy(&self.meta.join(self.fixture.config.meta_path.file_name().unwrap()), self.fixture.folder.path());
    }

    /// Called while the database is not open.
    pub fn put_back_database(&self) {
        self.remove_database();
        for suffix in ["", "-wal"] {
            copy(&self.database.join(self.beside(suffix).file_name().unwrap()), self.fixture.folder.path());
        }
    }

    /// The application has the database closed; a replicator may still have it open.
    pub fn replace_database(&self, other: &Path) {
        fs::rename(other, &self.fixture.config.path).unwrap();
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(self.beside(suffix));
        }
    }

    fn remove_database(&self) {
        for suffix in BESIDE {
            let _ = fs::remove_file(self.beside(suffix));
        }
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        self.fixture.config.path.with_extension(format!("sqlite3{suffix}"))
    }
}

/// By another process: when this one closes a database file, it loses the locks that it has on it.
fn copy(from: &Path, into: &Path) {
    if from.exists() {
        assert!(Command::new("cp").arg("-a").args([from, into]).status().unwrap().success(), "{}", from.display());
    }
}
