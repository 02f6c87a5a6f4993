//! The content and the order of listings.

use super::{delete, key, keys, list, put, together};
use crate::store::{Key, Store};

async fn put_all(store: &dyn Store, names: &[&str]) -> Vec<Key> {
    let all: Vec<_> = names.iter().map(|name| key(name)).collect();
    for key in &all {
        put(store, key, key.to_string()).await;
    }
    all
}

fn full(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| key(name).to_string()).collect()
}

pub(super) async fn a_prefix_is_text_and_order_is_by_bytes(store: &dyn Store) {
    let names = ["list/B", "list/a", "list/a-b", "list/a.c/1", "list/ab/x/y", "list/b", "list/é"];
    let all = put_all(store, &names).await;
    assert_eq!(keys(store, key("list/").as_str(), None).await, full(&names), "every key below, in byte order");
    let beginning_with_a = &names[1..5];
    assert_eq!(keys(store, key("list/a").as_str(), None).await, full(beginning_with_a), "a prefix ends anywhere");
    assert_eq!(keys(store, key("list/ab/").as_str(), None).await, full(&["list/ab/x/y"]));
    assert_eq!(keys(store, key("list/a/").as_str(), None).await, [""; 0], "an object is not a folder");
    assert_eq!(keys(store, key("nothing/").as_str(), None).await, [""; 0], "an empty listing is no error");
    for object in list(store, key("list/").as_str(), None).await {
        assert_eq!(object.size, object.key.as_str().len() as u64, "size of {}", object.key);
    }
    delete(store, &all).await;
}

pub(super) async fn any_key_of_a_prefix_counts(store: &dyn Store) {
    let all = put_all(store, &["any/x/1", "any/x/2", "anything"]).await;
    for (prefix, held) in [("any/", true), ("any/x/", true), ("any/y/", false), ("anyone/", false)] {
        let found = store.holds_any(key(prefix).as_str()).await;
        assert_eq!(found.unwrap_or_else(|error| panic!("list {prefix}: {error}")), held, "{prefix}");
    }
    delete(store, &all).await;
}

pub(super) async fn after_excludes_smaller_keys(store: &dyn Store) {
    let names = ["after/1", "after/2", "after/3/x", "after/4"];
    let all = put_all(store, &names).await;
    let prefix = key("after/");
    for (after, left) in
        [("0", 0), ("after/", 0), ("after/1", 1), ("after/1x", 1), ("after/3", 2), ("after/4", 4), ("b", 4)]
    {
        let found = keys(store, prefix.as_str(), Some(&key(after))).await;
        assert_eq!(found, full(&names[left..]), "after {after}");
    }
    delete(store, &all).await;
}

/// S3 lists and deletes a thousand at a time.
const MANY: usize = 1003;

pub(super) async fn more_than_a_page_is_listed_and_deleted(store: &dyn Store) {
    let all: Vec<_> = (0..MANY).map(|number| key(&format!("many/{number:05}"))).collect();
    for some in all.chunks(16) {
        together(some.iter().map(|key| put(store, key, "x"))).await;
    }
    let expected: Vec<_> = all.iter().map(ToString::to_string).collect();
    let prefix = key("many/");
    assert_eq!(keys(store, prefix.as_str(), None).await, expected);
    assert_eq!(keys(store, prefix.as_str(), Some(&all[0])).await, expected[1..]);
    delete(store, &all).await;
    assert_eq!(keys(store, prefix.as_str(), None).await, [""; 0]);
}
