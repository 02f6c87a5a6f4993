//! Verifies a running database (G7). The replicator reports the live database's checksum at an acknowledged
//! transaction, and the replica must restore to the same. Each verification leaves an entry in the journal.

use std::{
    path::{PathBuf, absolute},
    time::{Duration, Instant},
};

use ltx::{PageSize, Txid};

use super::{Journal, JournalEntry, ReplicaChecksum, VerificationOutcome, replica_checksum::prove_listed};
use crate::{
    Error, Result, clock,
    control::{Client, ProofReply, ProofRequest, through_handover, whole_seconds},
    replica::Replica,
    restore::Target,
};

/// Attempts, for the case that compaction merges the transaction away before it is read.
const ATTEMPTS: u32 = 3;

/// One verification.
pub struct Verification<'a> {
    /// Control socket of the replicator.
    pub socket: PathBuf,
    /// The live database, as the replicator knows it. It is not opened here.
    pub database: PathBuf,
    /// Replica of this database.
    pub replica: &'a Replica,
    /// Time limit for the acknowledgement of all commits. Reading the database does not count.
    pub timeout: Duration,
    /// Destination of the result.
    pub journal: Journal,
    /// Id of the journal entry, chosen by the caller.
    pub id: Option<String>,
}

/// Summary of a passed verification: the replica restores to the live database, page by page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Transaction at which both were compared.
    pub txid: Txid,
    /// Page size in bytes.
    pub page_size: PageSize,
    /// Size of the database in pages.
    pub pages: u32,
    /// Files read from the replica.
    pub files: usize,
    /// Compressed bytes of those files.
    pub downloaded_bytes: u64,
    /// Time for everything: capture, acknowledgement, reading and comparison.
    pub duration: Duration,
}

impl Verification<'_> {
    /// Verifies once. [`Error::VerificationFailed`]: the replica cannot be restored, restores to something else, or
    /// does not get the last writes in time. [`Error::NotRunning`]: there is no replicator. An unreachable store stays
    /// a store error. The journal records the result, also of a run that is dropped before its end.
    pub async fn run(self) -> Result<Verified> {
        let recording = Recording::begin(&self);
        let outcome = self.attempt().await;
        recording.finish(&outcome);
        outcome
    }

    async fn attempt(&self) -> Result<Verified> {
        let started = Instant::now();
        let mut attempts = 1;
        loop {
            // The store lists while the replicator reads the database.
            let listing = async { Ok(self.replica.all_files().await) };
            let (live, listed) = tokio::try_join!(self.ask(), listing)?;
            let live = match (live, &listed) {
                (Ok(live), _) => live,
                // If the store does not answer this process either, nothing is known about the replica.
                (Err(_), Err(error)) => return Err(error.clone()),
                (Err(late), Ok(_)) => return Err(late),
            };
            let txid = Txid::new(live.txid).ok_or_else(|| self.failed(None, "nothing is replicated yet"))?;
            let proof = match listed {
                Ok(listed) => prove_listed(self.replica, &listed, Target::Txid(txid)).await,
                Err(error) => Err(error),
            };
            match proof {
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
                // The listing may be from before the first upload, or files moved while it was made.
                Err(Error::TargetUnavailable { .. } | Error::NoReplica { .. }) if attempts < ATTEMPTS => attempts += 1,
                Err(error) => return Err(self.explain(txid, error)),
            }
        }
    }

    /// Requests the live checksum. The inner error: the last writes did not reach the replica in time.
    async fn ask(&self) -> Result<Result<ProofReply>> {
        let database = absolute(&self.database).map_err(Error::io("resolve", &self.database))?;
        let path = database.to_string_lossy().into_owned();
        let client = Client::new(&self.socket);
        let proof = through_handover(self.timeout, |left| {
            let (client, request) = (&client, ProofRequest { path: path.clone(), timeout: whole_seconds(left) });
            async move { client.proof(&request).await }
        });
        match proof.await {
            Err(error @ Error::Reported { .. }) if error.is_timeout() => {
                Ok(Err(self.failed(None, format!("its last writes were not in the replica in time: {error}"))))
            }
            outcome => outcome.map(Ok),
        }
    }

    fn compare(&self, live: &ProofReply, proof: &ReplicaChecksum) -> Result<()> {
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

    /// Maps damage of the replica to a failed verification. An unreachable store is no verdict, so its error stays.
    fn explain(&self, txid: Txid, error: Error) -> Error {
        let failed = match &error {
            Error::NoReplica { .. } | Error::LegacyReplica { .. } => true,
            Error::Corrupt { .. } | Error::TargetUnavailable { .. } => true,
            Error::Store(error) => error.is_not_found(),
            _ => false,
        };
        if failed { self.failed(Some(txid), error.to_string()) } else { error }
    }

    fn failed(&self, txid: Option<Txid>, problem: impl Into<String>) -> Error {
        Error::VerificationFailed { database: self.database.display().to_string(), txid, problem: problem.into() }
    }
}

/// A journal entry in progress. If dropped unfinished, it records a cancelled verification.
struct Recording {
    journal: Journal,
    id: Option<String>,
    started: String,
    finished: bool,
}

impl Recording {
    fn begin(verification: &Verification<'_>) -> Recording {
        let (journal, id) = (verification.journal.clone(), verification.id.clone());
        Recording { journal, id, started: clock::now().to_string(), finished: false }
    }

    fn finish(mut self, outcome: &Result<Verified>) {
        self.write(outcome.as_ref());
    }

    /// A verification counts even where its entry cannot be written.
    fn write(&mut self, outcome: Result<&Verified, &Error>) {
        self.finished = true;
        if let Err(error) = self.journal.append(&self.entry(outcome)) {
            tracing::warn!(%error, "a verification was not recorded");
        }
    }

    fn entry(&self, outcome: Result<&Verified, &Error>) -> JournalEntry {
        let (verified, error) = (outcome.ok(), outcome.err());
        let (verdict, txid) = match outcome {
            Ok(verified) => (VerificationOutcome::Passed, Some(verified.txid)),
            Err(Error::VerificationFailed { txid, .. }) => (VerificationOutcome::Failed, *txid),
            Err(_) => (VerificationOutcome::Error, None),
        };
        JournalEntry {
            id: self.id.clone(),
            started: self.started.clone(),
            finished: clock::now().to_string(),
            outcome: verdict,
            txid: txid.map(|txid| txid.to_string()),
            page_size: verified.map(|verified| verified.page_size.get()),
            pages: verified.map(|verified| verified.pages),
            files: verified.map(|verified| verified.files),
            downloaded_bytes: verified.map(|verified| verified.downloaded_bytes),
            code: error.map(|error| error.code().to_owned()),
            message: error.map(Error::to_string),
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if !self.finished {
            self.write(Err(&Error::Cancelled));
        }
    }
}
