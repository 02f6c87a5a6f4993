//! Restores over the wire: what S3 and the network do to a download, and what each trouble is called (G6).

use std::{fs, path::Path, time::Duration};

use crate::support::{
    BUCKET, config, config_for,
    replicated::{PAGE_SIZE, PAGES, database, open, replicated},
};
use async_trait::async_trait;
use litestream_core::{
    Error, Result,
    config::S3Config,
    replica::Replica,
    restore::{IntegrityCheck, IntegrityChecker, Restoration, RestoreOutcome, Restored, Target},
    store::StoreError,
    verify::prove,
};
use litestream_testkit::s3::{Effect, Fault, Operation};
use ltx::{PageNumber, Timestamp, Txid};
use tempfile::TempDir;

struct Unused;

#[async_trait]
impl IntegrityChecker for Unused {
    async fn check(&self, _: &Path, _: IntegrityCheck) -> Result<()> {
        unreachable!("no check was asked for")
    }
}

fn txid(value: u64) -> Txid {
    Txid::new(value).unwrap()
}

async fn restore(replica: &Replica, target: Target, folder: &TempDir) -> Result<Restored> {
    let restoration = Restoration {
        replica,
        target,
        output: folder.path().join("db"),
        force: false,
        if_db_not_exists: false,
        if_replica_exists: true,
        integrity: IntegrityCheck::None,
        checker: &Unused,
    };
    match restoration.run().await? {
        RestoreOutcome::Restored(restored) => Ok(restored),
        skipped => panic!("{skipped:?}"),
    }
}

#[tokio::test]
async fn a_restore_lists_each_level_once_and_reads_each_byte_once() {
    let (server, replica) = replicated(3).await;
    let folder = TempDir::new().unwrap();
    let restored = restore(&replica, Target::Latest, &folder).await.unwrap();
    assert!(fs::read(folder.path().join("db")).unwrap() == database(3));
    assert_eq!((restored.txid, restored.files, restored.pages), (txid(3), 3, PAGES));
    let counts = server.requests().counts();
    assert_eq!(counts[&Operation::ListObjectsV2].requests, 10);
    assert_eq!(counts[&Operation::GetObject].bytes_out, restored.downloaded_bytes);
    assert!(counts[&Operation::GetObject].requests <= 9, "{counts:?}");
    assert!(!counts.contains_key(&Operation::HeadObject));
}

#[tokio::test]
async fn a_time_is_the_writers_not_the_stores() {
    let (server, replica) = replicated(3).await;
    let folder = TempDir::new().unwrap();
    let restored = restore(&replica, Target::Time(Timestamp::from_millis(2_500)), &folder).await.unwrap();
    assert_eq!(restored.txid, txid(2));
    assert!(fs::read(folder.path().join("db")).unwrap() == database(2));
    assert_eq!(server.requests().count(Operation::HeadObject), 3);
}

#[tokio::test]
async fn answers_cut_off_and_refused_for_a_while_only_take_longer() {
    let (server, replica) = replicated(2).await;
    let gets = |effect| Fault::on(Operation::GetObject, effect);
    server.faults().add(gets(Effect::CutAnswer(100_000)).times(5));
    server.faults().add(gets(Effect::Status(503)).times(2));
    server.faults().add(gets(Effect::Reset).times(2));
    let folder = TempDir::new().unwrap();
    restore(&replica, Target::Latest, &folder).await.unwrap();
    assert!(fs::read(folder.path().join("db")).unwrap() == database(2));
}

#[tokio::test]
async fn many_small_files_are_asked_for_at_once() {
    let (server, replica) = replicated(100).await;
    let delay = Duration::from_millis(100);
    server.faults().add(Fault::on(Operation::GetObject, Effect::DelayMilliseconds(100)));
    let folder = TempDir::new().unwrap();
    let restored = restore(&replica, Target::Latest, &folder).await.unwrap();
    assert!(fs::read(folder.path().join("db")).unwrap() == database(100));
    assert!(restored.duration < delay * 100 / 2, "one after the other: {:?}", restored.duration);
}

#[tokio::test]
async fn each_trouble_has_its_name_and_leaves_nothing() {
    let (server, replica) = replicated(2).await;
    let folder = TempDir::new().unwrap();

    let error = restore(&open(S3Config { bucket: "other".into(), ..config(&server) }), Target::Latest, &folder).await;
    assert!(matches!(error, Err(Error::Store(StoreError::MissingBucket { .. }))), "{error:?}");
    let error = restore(&open(config_for(&server.endpoint())), Target::Latest, &folder).await;
    assert!(matches!(error, Err(Error::Store(StoreError::Denied { .. }))), "{error:?}");

    let fault = server.faults().add(Fault::on(Operation::GetObject, Effect::Status(403)));
    let error = restore(&replica, Target::Latest, &folder).await;
    assert!(matches!(error, Err(Error::Store(StoreError::Denied { .. }))), "{error:?}");
    server.faults().remove(fault);

    let key = "db/0000/0000000000000001-0000000000000001.ltx";
    let whole = server.data(BUCKET, key).unwrap();
    server.put(BUCKET, key, &whole[..whole.len() - 20]).unwrap();
    let error = restore(&replica, Target::Latest, &folder).await;
    assert!(matches!(error, Err(Error::Corrupt { .. })), "{error:?}");

    server.remove(BUCKET, key);
    let error = restore(&replica, Target::Latest, &folder).await;
    assert!(matches!(error, Err(Error::Corrupt { .. })), "{error:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_file_deleted_after_the_listing_leads_to_another_plan() {
    let (server, replica) = replicated(2).await;
    // The read waits, so that the deletion falls between it and the listing.
    server.faults().add(Fault::on(Operation::GetObject, Effect::DelayMilliseconds(1_000)).key("0002-").once());
    let folder = TempDir::new().unwrap();
    let retention = async {
        while server.requests().count(Operation::ListObjectsV2) < 10 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let key = "db/0000/0000000000000002-0000000000000002.ltx";
        let merged = server.data(BUCKET, key).unwrap();
        server.remove(BUCKET, key);
        // As compaction would have it: the same transaction, one level up.
        server.put(BUCKET, &key.replace("/0000/", "/0001/"), &merged).unwrap();
    };
    let (restored, ()) = tokio::join!(restore(&replica, Target::Txid(txid(2)), &folder), retention);
    assert_eq!(restored.unwrap().txid, txid(2));
    assert!(fs::read(folder.path().join("db")).unwrap() == database(2));
    assert!(server.requests().count(Operation::ListObjectsV2) > 10, "the race was not raced");
}

#[tokio::test]
async fn a_proof_reads_as_a_restore_does() {
    let (_server, replica) = replicated(2).await;
    let proof = prove(&replica, Target::Latest).await.unwrap();
    let mut sum = ltx::DatabaseChecksum::new();
    for (number, data) in (1..).zip(database(2).chunks(PAGE_SIZE)) {
        sum.add(PageNumber::new(number).unwrap(), data);
    }
    assert_eq!((proof.checksum, proof.commit), (sum.value(), PAGES));
}
