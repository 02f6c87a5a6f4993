//! Several staged files on their way to the replica at once, so that the answer to one is not waited for before the
//! next is sent.
//!
//! The position moves in TXID order, over what is there without a gap. A round begins with one file alone: a second
//! writer of the replica (G4) and a store that is away are met there, before anything lies behind it.

use std::{
    collections::{BTreeMap, VecDeque},
    path::PathBuf,
};

use futures_util::{StreamExt, stream::FuturesOrdered};
use litestream_core::{
    Error, Result, clock, failpoint,
    replica::{Level, Replica, ReplicaFile, UPLOADS_IN_FLIGHT},
    store::{Body, StoreError},
};
use ltx::{Header, Txid, TxidRange};

use super::acknowledge::Acknowledger;
use crate::{ownership::compare, stage::Fingerprint};

/// Most bytes of all files in flight together, unless there is only one. A large file fills the pipeline by itself: its
/// parts go at once.
const BYTES_IN_FLIGHT: u64 = 8 << 20;

const OTHER_WRITER: &str =
    "another writer of this replica, whose file it is; one of the two must stop or get another path";

/// State of one database's uploads between rounds.
pub struct UploadPipeline {
    /// Files of ours that came through behind one that did not.
    ahead: BTreeMap<Txid, ReplicaFile>,
    /// The newest transaction that was ever on its way: it may have arrived.
    sent: Option<Txid>,
}

/// A staged file that is to be sent.
struct PendingFile {
    txids: TxidRange,
    path: PathBuf,
    fingerprint: Fingerprint,
}

impl UploadPipeline {
    /// `listed`: the newest transaction in the replica.
    pub fn behind(listed: Option<Txid>) -> Self {
        UploadPipeline { ahead: BTreeMap::new(), sent: listed }
    }

    /// The newest transaction that was ever on its way.
    pub fn sent(&self) -> Option<Txid> {
        self.sent
    }

    /// Sends what is staged up to `until`, and acknowledges it in order. After a failure nothing more is sent; what was
    /// on its way is awaited, so that no file is ever sent twice at once.
    pub async fn round(&mut self, to: &Acknowledger<'_>, until: Txid) -> Result<()> {
        let mut waiting = queue(to, until)?;
        let mut on_their_way = FuturesOrdered::new();
        let (mut bytes, mut width) = (0, 1);
        let mut outcome = Ok(());
        loop {
            while outcome.is_ok() && on_their_way.len() < width {
                let fits =
                    |pending_file: &PendingFile| bytes == 0 || bytes + pending_file.fingerprint.size <= BYTES_IN_FLIGHT;
                let Some(pending_file) = waiting.pop_front_if(|pending_file| fits(pending_file)) else { break };
                bytes += pending_file.fingerprint.size;
                self.sent = self.sent.max(Some(pending_file.txids.max()));
                let known =
                    self.ahead.get(&pending_file.txids.min()).copied().filter(|file| file.txids == pending_file.txids);
                on_their_way.push_back(send(to.replica, pending_file, known));
            }
            let Some((size, sent)) = on_their_way.next().await else { return outcome };
            bytes -= size;
            if let Err(error) = &sent {
                to.manifest.doubt_after(error);
            }
            match (sent, &outcome) {
                (Ok(file), Ok(())) => {
                    failpoint!("upload: before an acknowledgement");
                    self.ahead.retain(|_, other| other.txids.max() > file.txids.max());
                    outcome = to.acknowledge(file).and_then(|()| to.report_oldest());
                    width = UPLOADS_IN_FLIGHT;
                }
                (Ok(file), Err(_)) => drop(self.ahead.insert(file.txids.min(), file)),
                (Err(error), Ok(())) => outcome = Err(error),
                (Err(conflict @ Error::Conflict { .. }), Err(_)) => outcome = Err(conflict),
                (Err(_), Err(_)) => {}
            }
        }
    }

    /// Takes back what came through behind a file of another writer, who would go on before it.
    pub async fn withdraw(&mut self, replica: &Replica) {
        let ahead: Vec<_> =
            std::mem::take(&mut self.ahead).into_values().map(|file| (file.level, file.txids)).collect();
        if !ahead.is_empty() {
            take_back(replica, &ahead).await;
        }
    }
}

async fn take_back(replica: &Replica, files: &[(Level, TxidRange)]) {
    failpoint!("upload: before a withdrawal");
    let deleted = replica.delete(files).await;
    failpoint!("upload: after a withdrawal");
    if let Err(error) = deleted {
        tracing::error!(
            replica = replica.location(), ?files, %error,
            "these files are not of the other writer's history; delete them before it gets there"
        );
    }
}

/// Staged files that the replica lacks, in TXID order.
fn queue(to: &Acknowledger<'_>, until: Txid) -> Result<VecDeque<PendingFile>> {
    to.report_oldest()?;
    let acknowledged = to.status.borrow().acknowledged;
    let mut files = to.stage.files()?;
    files.retain(|txids| Some(txids.max()) > acknowledged && txids.max() <= until);
    let mut position = acknowledged;
    for txids in &files {
        if !txids.extends(position) {
            break;
        }
        position = Some(txids.max());
    }
    if position != Some(until) {
        let what = format!("the stage of {}", to.replica.location());
        let problem = format!("TXID {} is not there", position.map_or(Txid::MIN, Txid::next));
        return Err(Error::Corrupt { what, problem });
    }
    files
        .into_iter()
        .map(|txids| Ok(PendingFile { txids, path: to.stage.path(txids), fingerprint: to.stage.fingerprint(txids)? }))
        .collect()
}

/// One file, with its size for the books. `known`: it is there already.
async fn send(replica: &Replica, pending_file: PendingFile, known: Option<ReplicaFile>) -> (u64, Result<ReplicaFile>) {
    let size = pending_file.fingerprint.size;
    let sent = match known {
        Some(file) => Ok(file),
        None => put(replica, pending_file).await,
    };
    (size, sent)
}

async fn put(replica: &Replica, PendingFile { txids, path, fingerprint }: PendingFile) -> Result<ReplicaFile> {
    let timestamp = Header::decode(&fingerprint.header).map(|header| header.timestamp);
    let timestamp =
        timestamp.map_err(|error| Error::Corrupt { what: path.display().to_string(), problem: error.to_string() })?;
    expect_alone(replica, txids).await?;
    let body = Body::File { path, size: fingerprint.size };
    let file = ReplicaFile { level: Level::L0, txids, size: fingerprint.size, created_at: clock::now() };
    failpoint!("upload: before the PUT");
    match replica.upload(Level::L0, txids, body, timestamp, true).await {
        Ok(()) => {}
        Err(error @ StoreError::AlreadyExists { .. }) => {
            match compare::holds_same(replica, txids, &fingerprint).await? {
                Some(true) => {
                    tracing::info!(%txids, "already in the replica: the answer to an earlier upload was lost")
                }
                Some(false) => return Err(taken(&error)),
                None => return Err(error.into()),
            }
        }
        Err(error) => return Err(error.into()),
    }
    failpoint!("upload: after the PUT");
    let alone = expect_alone(replica, txids).await;
    if let Err(Error::Conflict { .. }) = &alone {
        take_back(replica, &[(Level::L0, txids)]).await;
    }
    alone.map(|()| file)
}

/// A squashed file has a name that no other writer uses, so another writer's file has to be looked up, before and
/// after.
async fn expect_alone(replica: &Replica, txids: TxidRange) -> Result<()> {
    if txids.min() == txids.max() {
        return Ok(());
    }
    let others = replica.files(Level::L0, txids.min().previous()).await?;
    match others.iter().find(|other| other.txids != txids && other.txids.min() <= txids.max()) {
        Some(other) => Err(Error::Conflict {
            what: format!("TXIDs {} of level 0 at {}", other.txids, replica.location()),
            holder: OTHER_WRITER.to_owned(),
        }),
        None => Ok(()),
    }
}

fn taken(error: &StoreError) -> Error {
    let what = match error {
        StoreError::AlreadyExists { location, key } => format!("object {key} at {location}"),
        other => other.to_string(),
    };
    Error::Conflict { what, holder: OTHER_WRITER.to_owned() }
}
