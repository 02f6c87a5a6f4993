//! The newest state of a replica, restored as a user would.
#![allow(clippy::unwrap_used)]

use std::fs;

use litestream_core::{
    replica::Replica,
    restore::{IntegrityCheck, Outcome, Restoration, Target},
};
use litestream_replicator::sqlite::CopyChecker;
use tempfile::TempDir;

/// Its TXID and every page; `None` if nothing was ever replicated.
pub async fn restored(replica: &Replica) -> Option<(u64, Vec<u8>)> {
    let folder = TempDir::new().unwrap();
    let output = folder.path().join("restored.db");
    let restoration = Restoration {
        replica,
        target: Target::Latest,
        output: output.clone(),
        force: false,
        if_db_not_exists: false,
        if_replica_exists: true,
        integrity: IntegrityCheck::Full,
        checker: &CopyChecker,
    };
    match restoration.run().await.unwrap() {
        Outcome::Restored(restored) => Some((restored.txid.get(), fs::read(output).unwrap())),
        _ => None,
    }
}
