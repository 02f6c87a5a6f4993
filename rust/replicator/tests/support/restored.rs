//! States of a replica, restored as a user would: by us, and by official Litestream.
#![allow(clippy::unwrap_used)]

use std::{fs, path::Path};

use litestream_core::{
    Result,
    replica::Replica,
    restore::{IntegrityCheck, Restoration, RestoreOutcome, Target},
};
use litestream_replicator::sqlite::CopyChecker;
use litestream_testkit::official::{self, Location, Official, Settings};
use ltx::Txid;
use tempfile::TempDir;

use super::Fixture;

/// The newest TXID and every page; `None` if nothing was ever replicated.
pub async fn restored(replica: &Replica) -> Option<(u64, Vec<u8>)> {
    let folder = TempDir::new().unwrap();
    let output = folder.path().join("restored.db");
    match restore(replica, Target::Latest, &output, IntegrityCheck::Full).await.unwrap() {
        RestoreOutcome::Restored(restored) => Some((restored.txid.get(), fs::read(output).unwrap())),
        _ => None,
    }
}

/// An empty replica is no error.
pub async fn restore(
    replica: &Replica,
    target: Target,
    output: &Path,
    integrity: IntegrityCheck,
) -> Result<RestoreOutcome> {
    let restoration = Restoration {
        replica,
        target,
        output: output.to_owned(),
        force: false,
        if_db_not_exists: false,
        if_replica_exists: true,
        integrity,
        checker: &CopyChecker,
    };
    restoration.run().await
}

impl Fixture {
    /// Every page of the state at this transaction, by official Litestream; the error is what it printed.
    pub fn restored_by(&self, judge: &Official, txid: u64) -> Result<Vec<u8>, String> {
        let folder = TempDir::new().unwrap();
        let output = folder.path().join("restored.db");
        self.restore_by(judge, &official::Target::Txid(Txid::new(txid).unwrap().to_string()), &output)?;
        Ok(fs::read(output).unwrap())
    }

    pub fn restore_by(&self, judge: &Official, target: &official::Target, output: &Path) -> Result<(), String> {
        let replica = Location::File(self.folder.path().join("replica"));
        judge.restore(&Settings::new(&self.config.path, &replica), target, output).map(drop)
    }
}

/// Fails with the numbers of the pages that differ.
#[track_caller]
pub fn assert_same(restored: &[u8], expected: &[u8], page_size: usize, what: &str) {
    assert_eq!(restored.len(), expected.len(), "size, {what}");
    let pages = restored.chunks(page_size).zip(expected.chunks(page_size));
    let differing: Vec<usize> = pages.enumerate().filter(|(_, (a, b))| a != b).map(|(page, _)| page + 1).collect();
    assert!(differing.is_empty(), "pages {differing:?} differ, {what}");
}
