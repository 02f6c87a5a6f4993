//! `restore-if-db-not-exists`: restores a missing database before its replication starts.

use litestream_core::{
    Error, Result,
    config::DatabaseConfig,
    replica::Replica,
    restore::{IntegrityCheck, Restoration, RestoreOutcome, Target},
};

use crate::sqlite::CopyChecker;

/// Restores the newest state unless the database exists or nothing was ever replicated. Any other failure is an error:
/// a new database would hide the data in the replica.
pub async fn restore_absent(config: &DatabaseConfig, replica: &Replica) -> Result<()> {
    let restoration = Restoration {
        replica,
        target: Target::Latest,
        output: config.path.clone(),
        force: false,
        if_db_not_exists: true,
        if_replica_exists: true,
        integrity: IntegrityCheck::Quick,
        checker: &CopyChecker,
    };
    // Boxed: it runs once, and would make every database's task larger for good.
    match Box::pin(restoration.run()).await {
        Ok(RestoreOutcome::Restored(restored)) => {
            tracing::info!(kind = "restored", path = %restored.path.display(), txid = %restored.txid, "restored before replicating");
            Ok(())
        }
        Ok(_) => Ok(()),
        // The application created it first. A -wal without its database is an error.
        Err(Error::TargetExists { path }) if path == config.path => Ok(()),
        Err(error) => Err(error),
    }
}
