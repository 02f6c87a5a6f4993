//! Every store keeps every promise.

use crate::support::{config, server};
use litestream_core::store::{Store, conformance, file::FileStore, memory::MemoryStore, s3::S3Store};

#[tokio::test]
async fn memory_conforms() {
    conformance::run(&MemoryStore::new()).await;
}

#[tokio::test]
async fn a_directory_conforms_and_keeps_no_temporary_files() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("made/by/the/first/write"));
    conformance::run(&store).await;
    let mut left = vec![folder.path().to_owned()];
    while let Some(path) = left.pop() {
        assert!(path.is_dir(), "{} was left behind", path.display());
        left.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
    }
}

#[tokio::test]
async fn s3_conforms() {
    let server = server();
    let store = S3Store::connect(&config(&server)).unwrap();
    conformance::run(&store).await;
    assert_eq!(store.location(), "s3://bucket");
}
