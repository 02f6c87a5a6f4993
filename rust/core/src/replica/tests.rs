#![allow(clippy::unwrap_used)]
use super::*;
use crate::store::{file::FileStore, memory::MemoryStore};

fn txid(value: u64) -> Txid {
    Txid::new(value).unwrap()
}

fn range(min: u64, max: u64) -> TxidRange {
    TxidRange::new(txid(min), txid(max)).unwrap()
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn level(level: u8) -> Level {
    Level::new(level).unwrap()
}

fn in_memory(path: &str) -> (Arc<MemoryStore>, Replica) {
    let store = Arc::new(MemoryStore::new());
    (store.clone(), Replica::new(store, Layout::S3 { path: path.into() }))
}

async fn upload(replica: &Replica, level: Level, txids: TxidRange) {
    let body = Body::Bytes(txids.to_string().into());
    replica.upload(level, txids, body, at(1_000 + txids.max().get() as i64), true).await.unwrap();
}

async fn read(replica: &Replica, level: Level, txids: TxidRange) -> Result<Vec<u8>> {
    replica.read_bytes(level, txids, ByteRange::ALL).await
}

#[tokio::test]
async fn files_come_back_by_level_and_txid_with_their_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let on_disk = Replica::new(Arc::new(FileStore::new(folder.path())), Layout::File);
    for replica in [in_memory("db").1, in_memory("").1, in_memory(".").1, on_disk] {
        for (on, txids) in [(9, range(1, 4)), (0, range(5, 5)), (0, range(4, 4)), (1, range(2, 5))] {
            upload(&replica, level(on), txids).await;
        }
        let listed: Vec<_> =
            replica.all_files().await.unwrap().iter().map(|file| (file.level.get(), file.txids)).collect();
        assert_eq!(listed, [(0, range(4, 4)), (0, range(5, 5)), (1, range(2, 5)), (9, range(1, 4))]);
        let bytes = read(&replica, Level::SNAPSHOT, range(1, 4)).await.unwrap();
        assert_eq!(bytes, range(1, 4).to_string().as_bytes());
    }
}

#[tokio::test]
async fn files_after_a_txid_begin_above_it() {
    let (_, replica) = in_memory("db");
    for txids in [range(1, 9), range(2, 2), range(3, 3), range(3, 7)] {
        upload(&replica, Level::L0, txids).await;
    }
    let after = |txid| {
        let replica = replica.clone();
        async move { replica.files(Level::L0, Some(txid)).await.unwrap().iter().map(|f| f.txids).collect::<Vec<_>>() }
    };
    assert_eq!(after(txid(2)).await, [range(3, 3), range(3, 7)]);
    assert_eq!(after(txid(3)).await, []);
}

#[tokio::test]
async fn strange_objects_are_passed_over() {
    let (store, replica) = in_memory("db");
    for name in ["db/0000/readme.txt", "db/lock.json", "db/0000/x/0000000000000001-0000000000000001.ltx"] {
        let key = crate::store::Key::new(name);
        store.put(&key, Body::Bytes("x".into()), PutOptions::default()).await.unwrap();
    }
    upload(&replica, Level::L0, range(1, 1)).await;
    assert_eq!(replica.all_files().await.unwrap().len(), 1);
}

#[tokio::test]
async fn accurate_times_come_from_the_writer_for_more_files_than_requests_in_flight() {
    let (_, replica) = in_memory("db");
    for value in 1..=120 {
        upload(&replica, Level::L0, range(value, value)).await;
    }
    let mut files = replica.files(Level::L0, None).await.unwrap();
    assert!(files.iter().all(|file| file.created_at > at(1_000_000)));
    replica.accurate_times(&mut files).await.unwrap();
    for file in files {
        assert_eq!(file.created_at, at(1_000 + file.txids.max().get() as i64));
    }
}

#[tokio::test]
async fn the_directory_lists_the_writers_times_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let replica = Replica::new(Arc::new(FileStore::new(folder.path())), Layout::File);
    upload(&replica, Level::L0, range(1, 1)).await;
    assert_eq!(replica.files(Level::L0, None).await.unwrap()[0].created_at, at(1_001));
}

#[tokio::test]
async fn a_second_upload_of_a_file_is_refused_and_deleting_twice_is_not() {
    let (_, replica) = in_memory("db");
    upload(&replica, Level::L0, range(1, 1)).await;
    let again = replica.upload(Level::L0, range(1, 1), Body::Bytes("other".into()), at(0), true).await;
    assert!(again.unwrap_err().is_already_exists());
    for _ in 0..2 {
        replica.delete(&[(Level::L0, range(1, 1))]).await.unwrap();
    }
    let gone = read(&replica, Level::L0, range(1, 1)).await.unwrap_err();
    assert!(matches!(gone, crate::Error::Store(StoreError::NotFound { .. })));
}
