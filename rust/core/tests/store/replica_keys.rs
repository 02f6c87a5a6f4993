//! Where files lie in a bucket: under the official keys, the odd ones included.

use crate::support::{BUCKET, bytes, config, server};
use litestream_core::{
    config::{Location, ReplicaConfig, S3Config, location::url},
    replica::{Level, Replica},
    store::ByteRange,
};
use ltx::{Timestamp, Txid, TxidRange};

fn replica(location: Location) -> Replica {
    Replica::open(&ReplicaConfig::new(location)).unwrap()
}

fn txids() -> TxidRange {
    TxidRange::new(Txid::MIN, Txid::new(0x2a).unwrap()).unwrap()
}

/// Writes, lists, reads and deletes one file.
async fn round_trip(replica: &Replica) {
    let at = Timestamp::from_millis(1_700_000_000_123);
    replica.upload(Level::SNAPSHOT, txids(), bytes("data"), at, true).await.unwrap();
    let mut files = replica.all_files().await.unwrap();
    replica.accurate_times(&mut files).await.unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!((files[0].level, files[0].txids, files[0].size, files[0].created_at), (Level::SNAPSHOT, txids(), 4, at));
    let mut chunks = replica.read(Level::SNAPSHOT, txids(), ByteRange::ALL).await.unwrap();
    assert_eq!(chunks.next().await.unwrap().unwrap(), "data");
}

#[tokio::test]
async fn keys_follow_the_url_as_the_official_ones_do() {
    for (path, prefix) in [("", "./"), ("/", "/"), ("/a/b", "a/b/"), ("/a/b/", "a/b/"), ("/é%20+%25/db", "é +%/db/")]
    {
        let server = server();
        let address = url::parse(&format!("s3://{BUCKET}.{}{path}", server.address())).unwrap();
        assert_eq!(address.endpoint, Some(server.endpoint()));
        let replica = replica(Location::S3(S3Config {
            bucket: address.bucket,
            path: address.path,
            region: address.region.unwrap(),
            endpoint: address.endpoint,
            force_path_style: address.force_path_style.unwrap(),
            ..config(&server)
        }));
        round_trip(&replica).await;
        let key = format!("{prefix}0009/0000000000000001-000000000000002a.ltx");
        assert_eq!(server.keys(BUCKET), [key]);
        replica.delete(&[(Level::SNAPSHOT, txids())]).await.unwrap();
        assert_eq!(server.keys(BUCKET), [""; 0]);
    }
}

#[tokio::test]
async fn a_directory_holds_the_levels_in_decimal() {
    let folder = tempfile::tempdir().unwrap();
    let replica = replica(Location::File { path: folder.path().into() });
    round_trip(&replica).await;
    assert!(folder.path().join("ltx/9/0000000000000001-000000000000002a.ltx").is_file());
    assert_eq!(replica.location(), format!("file://{}", folder.path().display()));
}
