use std::{path::PathBuf, time::Duration};

use ltx::Timestamp;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixListener,
};

use super::*;
use crate::{
    Error, Result,
    control::{ProofReply, ProofRequest},
    restore::tests::{
        faulty::{Fault, FaultyStore, unreachable},
        txid,
    },
};

/// A replicator that always gives this proof, and remembers the last request.
struct Replicator {
    directory: TempDir,
    asked: Arc<std::sync::Mutex<Option<ProofRequest>>>,
}

impl Replicator {
    fn saying(live: &ProofReply) -> Self {
        let directory = TempDir::new().unwrap();
        let listener = UnixListener::bind(directory.path().join("socket")).unwrap();
        let body = serde_json::to_string(live).unwrap();
        let asked = Arc::new(std::sync::Mutex::default());
        let heard = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = vec![0; 4096];
                let read = stream.read(&mut request).await.unwrap();
                let request = String::from_utf8(request[..read].to_vec()).unwrap();
                assert!(request.starts_with("POST /proof "), "{request}");
                let json = request.split("\r\n\r\n").nth(1).unwrap();
                *heard.lock().unwrap() = serde_json::from_str(json).ok();
                let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Replicator { directory, asked }
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("socket")
    }

    async fn verify(&self, replica: &Replica) -> Result<Verified> {
        self.verification(replica).run().await
    }

    fn verification<'a>(&self, replica: &'a Replica) -> Verification<'a> {
        Verification {
            socket: self.socket(),
            database: PathBuf::from("/srv/app.sqlite3"),
            replica,
            timeout: Duration::from_millis(2500),
            journal: self.journal(),
            id: Some("mine".into()),
        }
    }

    fn journal(&self) -> Journal {
        Journal::of(self.directory.path())
    }
}

/// The database after the second transaction of [`history`].
fn live() -> ProofReply {
    ProofReply {
        path: "/srv/app.sqlite3".into(),
        txid: 2,
        page_size: 512,
        commit: 4,
        checksum: sum(&[1, 22, 3, 4]).to_string(),
    }
}

fn assert_failed(outcome: Result<Verified>, at: u64, words: &str) {
    let error = outcome.unwrap_err();
    let found = matches!(&error, Error::VerificationFailed { txid: Some(found), problem, .. }
        if *found == txid(at) && problem.contains(words));
    assert!(found, "{error}");
}

#[tokio::test]
async fn equal_at_the_named_transaction_even_if_the_replica_has_gone_on() {
    let replicator = Replicator::saying(&live());
    let verified = replicator.verify(&replica(&history()).await).await.unwrap();
    assert_eq!((verified.txid, verified.pages, verified.files), (txid(2), 4, 2));
    let asked = replicator.asked.lock().unwrap().clone().unwrap();
    assert_eq!((asked.path.as_str(), asked.timeout), ("/srv/app.sqlite3", 3));
}

#[tokio::test]
async fn any_difference_fails() {
    let replica = replica(&history()).await;
    for (live, words) in [
        (ProofReply { checksum: sum(&[1, 2, 3, 4]).to_string(), ..live() }, "checksum"),
        (ProofReply { commit: 5, ..live() }, "size in pages of the database is 5, of the replica 4"),
        (ProofReply { page_size: 1024, ..live() }, "page size"),
    ] {
        assert_failed(Replicator::saying(&live).verify(&replica).await, 2, words);
    }
}

#[tokio::test]
async fn a_replica_that_cannot_be_restored_fails() {
    let replicator = Replicator::saying(&live());
    assert_failed(replicator.verify(&replica(&[]).await).await, 2, "no replica");
    assert_failed(replicator.verify(&replica(&history()[1..]).await).await, 2, "missing");
    assert_failed(replicator.verify(&replica(&history()[..1]).await).await, 2, "newest state");

    let damaged = replica(&history()).await;
    history()[0].upload_bytes(&damaged, vec![1; 200]).await;
    assert_failed(replicator.verify(&damaged).await, 2, "corrupt");
}

#[tokio::test]
async fn a_store_that_cannot_be_asked_is_no_verdict() {
    let store = Arc::new(MemoryStore::new());
    let replica = replica_in(store.clone());
    for file in history() {
        file.upload(&replica).await;
    }
    let replica = replica_in(FaultyStore::new(store, |_, _| Some(Fault::Refuse(unreachable()))));
    let error = Replicator::saying(&live()).verify(&replica).await.unwrap_err();
    assert!(matches!(error, Error::Store(_)), "{error}");
}

#[tokio::test]
async fn without_a_replicator_nothing_is_verified() {
    let replica = replica(&history()).await;
    let replicator = Replicator::saying(&live());
    let (socket, timeout) = (PathBuf::from("/nonexistent/socket"), Duration::from_millis(300));
    let run = Verification { socket, timeout, ..replicator.verification(&replica) }.run();
    assert!(matches!(run.await.unwrap_err(), Error::NotRunning { .. }));
    let entries = replicator.journal().entries().unwrap();
    assert_eq!(
        (entries.len(), entries[0].outcome),
        (1, VerificationOutcome::Error),
        "asked more than once, recorded once"
    );
}

#[tokio::test]
async fn every_outcome_is_in_the_journal() {
    let (replica, replicator) = (replica(&history()).await, Replicator::saying(&live()));
    replicator.verify(&replica).await.unwrap();
    let failed = replica_in(Arc::new(MemoryStore::new()));
    replicator.verify(&failed).await.unwrap_err();
    let socket = replicator.directory.path().join("silent");
    let _silent = UnixListener::bind(&socket).unwrap();
    let waiting = Verification { socket, ..replicator.verification(&replica) }.run();
    assert!(tokio::time::timeout(Duration::from_millis(50), waiting).await.is_err());

    let entries = replicator.journal().entries().unwrap();
    let facts: Vec<_> = entries.iter().map(|entry| (entry.outcome, entry.code.as_deref(), entry.pages)).collect();
    assert_eq!(
        facts,
        [
            (VerificationOutcome::Error, Some("cancelled"), None),
            (VerificationOutcome::Failed, Some("verification_failed"), None),
            (VerificationOutcome::Passed, None, Some(4)),
        ]
    );
    let time = |text: &str| text.parse::<Timestamp>().unwrap();
    for entry in &entries {
        assert_eq!(entry.id.as_deref(), Some("mine"));
        assert!(time(&entry.started) <= time(&entry.finished), "{entry:?}");
    }
    assert_eq!(entries[1].txid, Some(txid(2).to_string()));
    assert!(entries[1].message.as_ref().unwrap().contains("no replica"), "{:?}", entries[1]);
}
