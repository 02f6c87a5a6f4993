//! The promises of every [`Store`], as a suite to run against one. For tests: a broken promise is a panic with its
//! name.

mod listings;
mod objects;
mod writes;

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

use bytes::Bytes;

use super::{Body, ByteRange, Chunks, Key, Object, PutOptions, Store, StoreError};

/// Keys that the suite uses begin with this; it removes them again.
pub const PREFIX: &str = "conformance/";

/// Runs everything against a store that holds nothing under [`PREFIX`]. Takes seconds over a network: it writes more
/// than a thousand objects, and one of 11 MiB.
///
/// # Panics
/// Where the store breaks a promise.
pub async fn run(store: &dyn Store) {
    objects::written_content_comes_back(store).await;
    objects::ranges_are_exact(store).await;
    objects::an_absent_object_is_not_found(store).await;
    objects::keys_may_hold_any_character(store).await;
    objects::timestamps_are_kept(store).await;
    objects::a_copy_is_the_same_object(store).await;
    writes::a_condition_admits_one_of_many_writers(store).await;
    writes::a_large_file_arrives_whole(store).await;
    writes::a_file_that_is_not_as_announced_is_not_written(store).await;
    listings::a_prefix_is_text_and_order_is_by_bytes(store).await;
    listings::any_key_of_a_prefix_counts(store).await;
    listings::after_excludes_smaller_keys(store).await;
    listings::more_than_a_page_is_listed_and_deleted(store).await;
    assert_eq!(keys(store, PREFIX, None).await, [""; 0], "the suite removes what it wrote");
}

fn key(name: &str) -> Key {
    Key::new(format!("{PREFIX}{name}"))
}

async fn put(store: &dyn Store, key: &Key, data: impl Into<Bytes>) {
    let written = store.put(key, Body::Bytes(data.into()), PutOptions::default()).await;
    written.unwrap_or_else(|error| panic!("put {key}: {error}"));
}

async fn delete(store: &dyn Store, keys: &[Key]) {
    store.delete(keys).await.unwrap_or_else(|error| panic!("delete {} keys: {error}", keys.len()));
}

async fn head(store: &dyn Store, key: &Key) -> Object {
    store.head(key).await.unwrap_or_else(|error| panic!("head {key}: {error}"))
}

async fn get(store: &dyn Store, key: &Key, range: ByteRange) -> Result<Vec<u8>, StoreError> {
    drain(store.get(key, range).await?).await
}

async fn drain(mut chunks: Box<dyn Chunks>) -> Result<Vec<u8>, StoreError> {
    let mut data = Vec::new();
    while let Some(chunk) = chunks.next().await? {
        assert!(!chunk.is_empty(), "a chunk is never empty");
        data.extend_from_slice(&chunk);
    }
    Ok(data)
}

async fn list(store: &dyn Store, prefix: &str, after: Option<&Key>) -> Vec<Object> {
    let mut pages = store.list(prefix, after).await.unwrap_or_else(|error| panic!("list {prefix}: {error}"));
    let mut objects = Vec::new();
    while let Some(page) = pages.next().await.unwrap_or_else(|error| panic!("list {prefix}: {error}")) {
        objects.extend(page);
    }
    objects
}

async fn keys(store: &dyn Store, prefix: &str, after: Option<&Key>) -> Vec<String> {
    list(store, prefix, after).await.into_iter().map(|object| object.key.to_string()).collect()
}

/// Runs all at once, on this task; answers in order.
async fn together<T>(work: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut running: Vec<(Pin<Box<_>>, Option<T>)> = work.into_iter().map(|future| (Box::pin(future), None)).collect();
    poll_fn(|cx| {
        for (future, output) in running.iter_mut().filter(|(_, output)| output.is_none()) {
            if let Poll::Ready(value) = future.as_mut().poll(cx) {
                *output = Some(value);
            }
        }
        if running.iter().all(|(_, output)| output.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|(_, output)| output).collect()
}
