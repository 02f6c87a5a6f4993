//! Compaction over the wire: what the network does to its downloads, and what it leaves behind.

use std::{fs, time::Duration};

use crate::core_support::{
    BUCKET,
    replicated::{PAGE_SIZE, database, replicated},
};
use litestream_core::{
    Error, Result,
    replica::{Level, Replica, ReplicaFile},
    store::StoreError,
};
use litestream_replicator::maintenance::compaction::{self, Compaction, Merged, Stopped};
use litestream_testkit::s3::{Effect, Fault, Operation, S3Server};
use ltx::{Decoder, PageNumber};
use tempfile::TempDir;

/// A replica of that many transactions, and its first snapshot yet to be made.
async fn planned(transactions: u64) -> (S3Server, Replica, Compaction) {
    let (server, replica) = replicated(transactions).await;
    let plan = compaction::snapshot(&replica.all_files().await.unwrap()).unwrap().unwrap();
    server.requests().clear();
    (server, replica, plan)
}

async fn perform(replica: &Replica, plan: &Compaction, scratch: &TempDir) -> Result<ReplicaFile> {
    Ok(plan.perform(replica, |_| None, scratch.path()).await?.file.unwrap())
}

fn left_in(scratch: &TempDir) -> usize {
    fs::read_dir(scratch.path()).unwrap().count()
}

#[tokio::test]
async fn downloads_cut_off_and_refused_for_a_while_go_on_where_they_broke() {
    let (server, replica, plan) = planned(3).await;
    let gets = |effect| Fault::on(Operation::GetObject, effect);
    server.faults().add(gets(Effect::CutAnswer(2_000_000)).times(2));
    server.faults().add(gets(Effect::Status(503)).times(1));
    server.faults().add(gets(Effect::Reset).times(1));
    let scratch = TempDir::new().unwrap();
    let file = perform(&replica, &plan, &scratch).await.unwrap();
    assert_eq!((file.level, file.txids.min().get(), file.txids.max().get()), (Level::SNAPSHOT, 1, 3));
    assert_eq!(left_in(&scratch), 0);

    let downloaded = server.requests().counts()[&Operation::GetObject].bytes_out;
    let sources: u64 = plan.sources().iter().map(|source| source.size).sum();
    assert!(downloaded < sources + 1_000_000, "{downloaded} bytes for {sources}");
    let merged = server.data(BUCKET, "db/0009/0000000000000001-0000000000000003.ltx").unwrap();
    let mut decoder = Decoder::new(&merged[..]).unwrap();
    let mut data = Vec::new();
    for (number, page) in (1..).zip(database(3).chunks(PAGE_SIZE)) {
        assert_eq!(decoder.next_page(&mut data).unwrap().map(PageNumber::get), Some(number));
        assert!(data == page, "page {number}");
    }
    decoder.finish().unwrap();
}

#[tokio::test]
async fn no_temporary_file_stays_after_any_failure() {
    for (fault, what) in [
        (Fault::on(Operation::GetObject, Effect::Status(403)), "the first download"),
        (Fault::on(Operation::GetObject, Effect::Status(403)).skip(1), "the second download"),
        (Fault::on(Operation::UploadPart, Effect::Status(403)).skip(1), "the upload"),
        (Fault::on(Operation::CompleteMultipartUpload, Effect::Status(403)), "its completion"),
    ] {
        let (server, replica, plan) = planned(2).await;
        server.faults().add(fault);
        let scratch = TempDir::new().unwrap();
        let error = perform(&replica, &plan, &scratch).await.unwrap_err();
        assert!(matches!(error, Error::Store(StoreError::Denied { .. })), "{what}: {error}");
        assert_eq!(left_in(&scratch), 0, "{what}");
        assert_eq!(replica.files(Level::SNAPSHOT, None).await.unwrap(), [], "{what}");
    }
}

#[tokio::test]
async fn a_damaged_source_is_never_merged() {
    let (server, replica, plan) = planned(2).await;
    let key = "db/0000/0000000000000001-0000000000000001.ltx";
    let mut damaged = server.data(BUCKET, key).unwrap().to_vec();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    server.put(BUCKET, key, &damaged).unwrap();
    let scratch = TempDir::new().unwrap();
    let merged = plan.perform(&replica, |_| None, scratch.path()).await.unwrap();
    let stopped = Some(Stopped::Damaged(plan.sources()[0]));
    assert_eq!(merged, Merged { file: None, stopped });
    assert_eq!((left_in(&scratch), replica.files(Level::SNAPSHOT, None).await.unwrap().len()), (0, 0));
}

/// Cut short, or with a changed bit.
#[tokio::test]
async fn in_place_of_a_damaged_staged_source_the_replicas_is_merged() {
    let damages: [fn(&mut Vec<u8>); 3] =
        [|file| file.truncate(40), |file| file.truncate(file.len() - 1), |file| *file.last_mut().unwrap() ^= 1];
    for damage in damages {
        let (server, replica, plan) = planned(2).await;
        let scratch = TempDir::new().unwrap();
        let staged = TempDir::new().unwrap();
        let path = staged.path().join("staged.ltx");
        let mut file = server.data(BUCKET, "db/0000/0000000000000002-0000000000000002.ltx").unwrap().to_vec();
        damage(&mut file);
        fs::write(&path, file).unwrap();
        let second = plan.sources()[1];
        let local = |source: &ReplicaFile| (*source == second).then(|| path.clone());
        let merged = plan.perform(&replica, local, scratch.path()).await.unwrap();
        assert_eq!((merged.stopped, left_in(&scratch)), (None, 0));
        assert_eq!(merged.file.unwrap().txids.max().get(), 2);
    }
}

#[tokio::test]
async fn a_cancelled_compaction_leaves_no_temporary_file() {
    let (server, replica, plan) = planned(2).await;
    server.faults().add(Fault::on(Operation::GetObject, Effect::DelayMilliseconds(60_000)).skip(1));
    let scratch = TempDir::new().unwrap();
    let cancelled = tokio::time::timeout(Duration::from_millis(500), perform(&replica, &plan, &scratch)).await;
    assert!(cancelled.is_err());
    assert_eq!(left_in(&scratch), 0);
}
