//! Concurrent writes, and writes from files.

use std::path::Path;

use ltx::Timestamp;
use tempfile::TempPath;

use super::{delete, get, head, key, keys, put, together};
use crate::store::{Body, ByteRange, PutOptions, Store};

const IF_ABSENT: PutOptions = PutOptions { timestamp: None, only_if_absent: true };

pub(super) async fn a_condition_admits_one_of_many_writers(store: &dyn Store) {
    let key = key("race");
    for _ in 0..3 {
        let writers = (0..16).map(|writer: u8| {
            let body = Body::Bytes(vec![writer; 5000].into());
            store.put(&key, body, IF_ABSENT)
        });
        let outcomes = together(writers).await;
        let winners: Vec<_> = outcomes.iter().enumerate().filter(|(_, outcome)| outcome.is_ok()).collect();
        assert_eq!(winners.len(), 1, "one writer wins");
        for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            assert!(error.is_already_exists(), "the others learn that it exists, not: {error}");
        }
        let read = get(store, &key, ByteRange::ALL).await.unwrap_or_else(|error| panic!("get {key}: {error}"));
        assert_eq!(read, vec![winners[0].0 as u8; 5000], "what is there is the winner's");
        delete(store, std::slice::from_ref(&key)).await;
    }
    put(store, &key, "unconditional").await;
    put(store, &key, "overwritten").await;
    delete(store, &[key]).await;
}

/// More than two parts of the smallest size that S3 takes, and a last one of a single byte.
const LARGE: usize = (10 << 20) + 1;

pub(super) async fn a_large_file_arrives_whole(store: &dyn Store) {
    let key = key("large");
    let data: Vec<u8> = (0..LARGE as u32).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8).collect();
    let file = temporary_file(&data);
    let body = Body::File { path: file.to_path_buf(), size: data.len() as u64 };
    let options = PutOptions { timestamp: Some(Timestamp::from_millis(1_700_000_000_123)), only_if_absent: true };
    let written = store.put(&key, body.clone(), options).await;
    written.unwrap_or_else(|error| panic!("put {key}: {error}"));

    let object = head(store, &key).await;
    assert_eq!((object.size, object.modified_at.millis()), (LARGE as u64, 1_700_000_000_123));
    let read = get(store, &key, ByteRange::ALL).await.unwrap_or_else(|error| panic!("get {key}: {error}"));
    assert!(read == data, "all bytes in order");
    let middle = ByteRange { start: (5 << 20) - 3, end: Some((5 << 20) + 3) };
    let read = get(store, &key, middle).await.unwrap_or_else(|error| panic!("get {key}: {error}"));
    assert_eq!(read, data[(5 << 20) - 3..(5 << 20) + 3], "bytes on both sides of a part's end");

    let again = store.put(&key, body, options).await.err();
    assert!(again.is_some_and(|error| error.is_already_exists()), "the condition holds for large files too");
    delete(store, &[key]).await;
}

pub(super) async fn a_file_that_is_not_as_announced_is_not_written(store: &dyn Store) {
    let key = key("announced");
    let file = temporary_file(&[7; 6 << 20]);
    let (path, missing): (&Path, _) = (&file, file.with_extension("missing"));
    for (path, size) in [(path, 5), (path, 7 << 20), (&missing, 5), (&missing, 7 << 20)] {
        let refused = store.put(&key, Body::File { path: path.into(), size }, PutOptions::default()).await.err();
        let refused = refused.unwrap_or_else(|| panic!("{} does not hold {size} bytes", path.display()));
        assert!(!refused.is_retryable() && !refused.is_not_found() && !refused.is_already_exists(), "{refused}");
    }
    assert_eq!(keys(store, key.as_str(), None).await, [""; 0], "nothing was written");
}

/// A file that is removed on drop.
fn temporary_file(data: &[u8]) -> TempPath {
    let file = tempfile::NamedTempFile::new().and_then(|file| std::fs::write(&file, data).map(|()| file));
    file.unwrap_or_else(|error| panic!("temporary file: {error}")).into_temp_path()
}
