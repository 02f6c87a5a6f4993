//! Single objects: content, ranges, names, times.

use ltx::Timestamp;

use super::{delete, get, head, key, keys, put};
use crate::{
    clock,
    store::{Body, ByteRange, PutOptions, Store},
};

pub(super) async fn written_content_comes_back(store: &dyn Store) {
    let key = key("content");
    for data in [&b"first"[..], b"second, longer", b"", b"\0\xff\r\n"] {
        put(store, &key, data).await;
        let read = get(store, &key, ByteRange::ALL).await.unwrap_or_else(|error| panic!("get {key}: {error}"));
        assert_eq!(read, data, "the last content written");
        assert_eq!(head(store, &key).await.size, data.len() as u64);
    }
    delete(store, &[key]).await;
}

pub(super) async fn ranges_are_exact(store: &dyn Store) {
    let key = key("ranges");
    let data: Vec<u8> = (0..=255).cycle().take(1000).collect();
    put(store, &key, data.clone()).await;
    for (start, end) in
        [(0, None), (0, Some(1000)), (0, Some(1)), (1, None), (999, None), (999, Some(1000)), (250, Some(750))]
    {
        let read = get(store, &key, ByteRange { start, end }).await;
        let read = read.unwrap_or_else(|error| panic!("bytes {start}..{end:?}: {error}"));
        let end = end.unwrap_or(1000);
        assert_eq!(read, data[start as usize..end as usize], "bytes {start}..{end}");
    }
    for (start, end) in [(5, Some(5)), (1000, None), (0, Some(1001)), (1000, Some(1001)), (2000, None)] {
        let refused = store.get(&key, ByteRange { start, end }).await.err();
        let refused = refused.unwrap_or_else(|| panic!("bytes {start}..{end:?} of 1000 are no range"));
        assert!(!refused.is_not_found() && !refused.is_retryable(), "{refused}");
    }
    delete(store, &[key]).await;
}

pub(super) async fn an_absent_object_is_not_found(store: &dyn Store) {
    let (present, absent) = (key("present"), key("absent"));
    put(store, &present, "x").await;
    assert!(store.head(&absent).await.is_err_and(|error| error.is_not_found()), "head of an absent key");
    let read = store.get(&absent, ByteRange::ALL).await.err();
    assert!(read.is_some_and(|error| error.is_not_found()), "get of an absent key");
    let below = key("present/below");
    assert!(store.head(&below).await.is_err_and(|error| error.is_not_found()), "head below an object");
    delete(store, &[]).await;
    delete(store, &[absent.clone(), present.clone(), absent]).await;
    delete(store, std::slice::from_ref(&present)).await;
    assert!(store.head(&present).await.is_err_and(|error| error.is_not_found()), "head of a deleted key");
}

pub(super) async fn keys_may_hold_any_character(store: &dyn Store) {
    let names = [
        "a+b",
        "a b",
        " ",
        "100%",
        "%2B",
        "%é",
        "é",
        "日本/語",
        "a&b<c>\"d'",
        "x=y;z,w:v",
        "(~*!)$@",
        "q?r#s",
        "back\\slash",
        "[0]{1}|^`",
        "..hidden",
        "production.sqlite3",
    ];
    let all: Vec<_> = names.iter().map(|name| key(&format!("names/{name}"))).collect();
    for (key, name) in all.iter().zip(names) {
        put(store, key, name).await;
    }
    for (key, name) in all.iter().zip(names) {
        let read = get(store, key, ByteRange::ALL).await.unwrap_or_else(|error| panic!("get {key}: {error}"));
        assert_eq!(read, name.as_bytes(), "{key} is an object of its own");
        assert_eq!(head(store, key).await.key, *key);
        assert!(keys(store, key.as_str(), None).await.contains(&key.to_string()), "{key} is listed by its own name");
    }
    let mut expected: Vec<_> = all.iter().map(ToString::to_string).collect();
    expected.sort();
    assert_eq!(keys(store, key("names/").as_str(), None).await, expected);
    delete(store, &all).await;
    assert_eq!(keys(store, key("names/").as_str(), None).await, [""; 0]);
}

pub(super) async fn timestamps_are_kept(store: &dyn Store) {
    let key = key("times");
    for millis in [0, 1_700_000_000_000, 1_700_000_000_120, 1_700_000_000_123] {
        let options = PutOptions { timestamp: Some(Timestamp::from_millis(millis)), only_if_absent: false };
        let written = store.put(&key, Body::Bytes("x".into()), options).await;
        written.unwrap_or_else(|error| panic!("put {key}: {error}"));
        assert_eq!(head(store, &key).await.modified_at.millis(), millis, "the writer's timestamp");
    }
    put(store, &key, "x").await;
    let age = clock::now().millis() - head(store, &key).await.modified_at.millis();
    assert!(age.abs() < 600_000, "without one the store's own time, not one {age} ms ago");
    delete(store, &[key]).await;
}

pub(super) async fn a_copy_is_the_same_object(store: &dyn Store) {
    let (from, to) = (key("copies/a+b %é"), key("copies/to"));
    let timestamp = Timestamp::from_millis(1_700_000_000_123);
    let options = PutOptions { timestamp: Some(timestamp), only_if_absent: false };
    store
        .put(&from, Body::Bytes("original".into()), options)
        .await
        .unwrap_or_else(|error| panic!("put {from}: {error}"));
    put(store, &to, "to be replaced").await;
    store.copy(&from, &to).await.unwrap_or_else(|error| panic!("copy {from}: {error}"));
    let read = get(store, &to, ByteRange::ALL).await.unwrap_or_else(|error| panic!("get {to}: {error}"));
    assert_eq!((read.as_slice(), head(store, &to).await.modified_at), (&b"original"[..], timestamp));
    let absent = store.copy(&key("copies/absent"), &to).await;
    assert!(absent.is_err_and(|error| error.is_not_found()), "copy of an absent key");
    delete(store, &[from, to]).await;
}
