//! Verify a running database: the replicator says what the live database is at a transaction that the store has
//! acknowledged, then the replica must restore to just that (G7).

use std::{
    path::{PathBuf, absolute},
    time::{Duration, Instant},
};

use ltx::{PageSize, Txid};

use super::{Proof, prove};
use crate::{
    Error, Result,
    control::{Client, ProofReply, ProofRequest},
    replica::Replica,
    restore::Target,
};

/// How often a transaction is asked for that compaction merged away before it could be read.
const ATTEMPTS: u32 = 3;

/// One verification.
pub struct Verification<'a> {
    /// Control socket of the replicator.
    pub socket: PathBuf,
    /// The live database, as the replicator knows it. It is not opened here.
    pub database: PathBuf,
    pub replica: &'a Replica,
    /// How long the replicator may take to have everything acknowledged.
    pub timeout: Duration,
}

/// The replica restores to the live database, page by page, at this transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    pub txid: Txid,
    pub page_size: PageSize,
    /// Size of the database in pages.
    pub pages: u32,
    /// Files read, and what was downloaded for them.
    pub files: usize,
    pub downloaded_bytes: u64,
    pub duration: Duration,
}

impl Verification<'_> {
    /// [`Error::VerificationFailed`] where the replica cannot be restored or restores to something else,
    /// [`Error::NotRunning`] without a replicator; a store that does not answer stays a store error.
    pub async fn run(self) -> Result<Verified> {
        let started = Instant::now();
        let mut attempts = 1;
        loop {
            let live = self.ask().await?;
            let txid = Txid::new(live.txid).ok_or_else(|| self.failed(None, "nothing is replicated yet"))?;
            match prove(self.replica, Target::Txid(txid)).await {
                Ok(proof) => {
                    self.compare(&live, &proof)?;
                    return Ok(Verified {
                        txid,
                        page_size: proof.page_size,
                        pages: proof.commit,
                        files: proof.files,
                        downloaded_bytes: proof.bytes,
                        duration: started.elapsed(),
                    });
                }
                Err(Error::TargetUnavailable { .. }) if attempts < ATTEMPTS => attempts += 1,
                Err(error) => return Err(self.explain(txid, error)),
            }
        }
    }

    async fn ask(&self) -> Result<ProofReply> {
        let database = absolute(&self.database).map_err(Error::io("resolve", &self.database))?;
        let timeout = self.timeout.as_secs() + u64::from(self.timeout.subsec_nanos() > 0);
        let request = ProofRequest { path: database.to_string_lossy().into_owned(), timeout: timeout.max(1) };
        Client::new(&self.socket).proof(&request).await
    }

    fn compare(&self, live: &ProofReply, proof: &Proof) -> Result<()> {
        let facts = [
            ("page size", live.page_size.to_string(), proof.page_size.to_string()),
            ("size in pages", live.commit.to_string(), proof.commit.to_string()),
            ("checksum", live.checksum.clone(), proof.checksum.to_string()),
        ];
        match facts.into_iter().find(|(_, live, replica)| live != replica) {
            None => Ok(()),
            Some((what, live, replica)) => Err(self
                .failed(Some(proof.txid), format!("the {what} of the database is {live}, of the replica {replica}"))),
        }
    }

    /// A replica that cannot be restored has failed; a store that cannot be asked has not been verified at all.
    fn explain(&self, txid: Txid, error: Error) -> Error {
        let failed = match &error {
            Error::NoReplica { .. } | Error::Corrupt { .. } | Error::TargetUnavailable { .. } => true,
            Error::Store(error) => error.is_not_found(),
            _ => false,
        };
        if failed { self.failed(Some(txid), error.to_string()) } else { error }
    }

    fn failed(&self, txid: Option<Txid>, problem: impl Into<String>) -> Error {
        Error::VerificationFailed { database: self.database.display().to_string(), txid, problem: problem.into() }
    }
}
