//! Promises of a directory beyond those of every store.

use std::fs;

use crate::support::{bytes, get, list, put};
use litestream_core::store::{ByteRange, Key, PutOptions, Store, StoreError, file::FileStore};
use ltx::Timestamp;

#[tokio::test]
async fn keys_never_lead_out_of_the_directory() {
    let folder = tempfile::tempdir().unwrap();
    let outside = folder.path().join("outside");
    fs::write(&outside, "precious").unwrap();
    let store = FileStore::new(folder.path().join("root"));
    put(&store, "a", b"x").await;
    for name in ["../outside", "a/../../outside", "/outside", outside.to_str().unwrap(), "", ".", "a//b", "a/", "./a"] {
        let key = Key::new(name);
        let refused = [
            store.put(&key, bytes("y"), PutOptions::default()).await.err(),
            store.head(&key).await.err(),
            store.get(&key, ByteRange::ALL).await.err(),
            store.delete(&[key]).await.err(),
        ];
        for error in refused {
            assert!(matches!(error, Some(StoreError::Failed { .. })), "{name}: {error:?}");
        }
    }
    for prefix in ["../", "/", "../outside"] {
        assert_eq!(list(&store, prefix).await.unwrap(), [], "{prefix}");
    }
    assert_eq!(fs::read(outside).unwrap(), b"precious");
}

#[tokio::test]
async fn a_file_where_the_directory_should_be_is_not_an_empty_directory() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("file");
    std::fs::write(&root, "").unwrap();
    assert!(FileStore::new(root).list("ltx/", None).await.is_err());
}

#[tokio::test]
async fn a_directory_that_is_not_there_yet_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("absent"));
    assert_eq!(list(&store, "").await.unwrap(), []);
    assert!(store.head(&Key::new("a")).await.unwrap_err().is_not_found());
    assert!(!folder.path().join("absent").exists(), "reading makes nothing");
}

#[tokio::test]
async fn a_write_cut_short_by_a_crash_is_not_listed() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path());
    put(&store, "ltx/0/a.ltx", b"x").await;
    fs::write(folder.path().join("ltx/0/.b.ltx.Zj3k9q.tmp"), "half").unwrap();
    let listed = list(&store, "").await.unwrap();
    assert_eq!(listed.iter().map(|object| object.key.as_str()).collect::<Vec<_>>(), ["ltx/0/a.ltx"]);
}

#[tokio::test]
async fn a_file_replaced_while_it_is_read_is_read_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path());
    put(&store, "a", &[1; 1 << 20]).await;
    let mut chunks = store.get(&Key::new("a"), ByteRange::ALL).await.unwrap();
    let mut read = chunks.next().await.unwrap().unwrap().len();
    put(&store, "a", b"short").await;
    while let Some(chunk) = chunks.next().await.unwrap() {
        assert!(chunk.iter().all(|byte| *byte == 1));
        read += chunk.len();
    }
    assert_eq!(read, 1 << 20);
    assert_eq!(get(&store, "a", ByteRange::ALL).await.unwrap(), b"short");
}

#[tokio::test]
async fn the_modification_time_is_the_writers_timestamp() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path());
    let timestamp = Timestamp::from_millis(1_700_000_000_123);
    let options = PutOptions { timestamp: Some(timestamp), only_if_absent: true };
    store.put(&Key::new("a"), bytes("x"), options).await.unwrap();
    let modified = fs::metadata(folder.path().join("a")).unwrap().modified().unwrap();
    assert_eq!(modified.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis(), 1_700_000_000_123);
    assert_eq!(list(&store, "").await.unwrap()[0].modified_at, timestamp);
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_an_error_that_says_where() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let store = FileStore::new(folder.path().join("file"));
    let error = store.put(&Key::new("a"), bytes("x"), PutOptions::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::Failed { .. }), "{error:?}");
    assert!(error.to_string().contains(folder.path().to_str().unwrap()), "{error}");
}
