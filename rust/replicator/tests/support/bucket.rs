//! A bucket on a real S3 server, with a replica in it.
#![allow(clippy::unwrap_used)]

use litestream_core::{
    config::{Credentials, Location, ReplicaConfig, S3Config, Secret},
    replica::{Layout, Level, Replica},
};
use litestream_testkit::s3::{Options, S3Server};
use ltx::{Txid, TxidRange, file_name};

const BUCKET: &str = "bucket";
const PATH: &str = "db";

pub struct Bucket {
    pub server: S3Server,
}

impl Bucket {
    pub fn new() -> Self {
        Bucket { server: S3Server::start(Options::with_bucket(BUCKET)).unwrap() }
    }

    pub fn replica(&self) -> Replica {
        replica(&self.server.endpoint())
    }

    /// The TXIDs of a level's files, in the order of their names.
    pub fn files(&self, level: Level) -> Vec<(u64, u64)> {
        let prefix = format!("{PATH}/{:04x}/", level.get());
        let keys = self.server.keys(BUCKET);
        let names = keys.iter().filter_map(|key| file_name::parse(key.strip_prefix(&prefix)?));
        names.map(|txids| (txids.min().get(), txids.max().get())).collect()
    }

    pub fn put(&self, txid: u64, data: &[u8]) {
        self.server.put(BUCKET, &key(txid), data).unwrap();
    }

    pub fn data(&self, txid: u64) -> Vec<u8> {
        self.server.data(BUCKET, &key(txid)).unwrap().to_vec()
    }

    /// Takes a file of level 0 away, as a rule of the bucket or a stranger would.
    pub fn lose(&self, txid: u64) {
        assert!(self.server.remove(BUCKET, &key(txid)), "TXID {txid} is not there");
    }
}

/// The key of a file of level 0.
pub fn key(txid: u64) -> String {
    let txids = TxidRange::single(Txid::new(txid).unwrap());
    Layout::S3 { path: PATH.into() }.key(Level::L0, txids).as_str().to_owned()
}

/// The replica on the server at this address.
pub fn replica(endpoint: &str) -> Replica {
    let options = Options::default();
    let config = S3Config {
        endpoint: Some(endpoint.into()),
        force_path_style: true,
        credentials: Some(Credentials {
            access_key_id: options.access_key_id,
            secret_access_key: Secret::new(options.secret_access_key),
        }),
        ..S3Config::new(BUCKET, PATH)
    };
    Replica::open(&ReplicaConfig::new(Location::S3(config))).unwrap()
}
