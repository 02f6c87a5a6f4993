#![allow(clippy::unwrap_used)]
pub(crate) mod faulty;
mod performing;
mod placing;
mod planning;
mod slices;

use std::{collections::BTreeMap, sync::Arc};

use ltx::{Encoder, Header, PageForm, PageNumber, PageSize, Timestamp, Txid, TxidRange, WalSpan};

use crate::{
    replica::{Layout, Level, Replica, ReplicaFile},
    store::{Body, Store},
};

pub(crate) const PAGE_SIZE: usize = 512;

pub(crate) fn txid(value: u64) -> Txid {
    Txid::new(value).unwrap()
}

pub(crate) fn range(min: u64, max: u64) -> TxidRange {
    TxidRange::new(txid(min), txid(max)).unwrap()
}

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A listed file, created at 10 ms × its newest TXID.
pub(crate) fn listed(level: u8, min: u64, max: u64) -> ReplicaFile {
    listed_at(level, min, max, max as i64 * 10)
}

pub(crate) fn listed_at(level: u8, min: u64, max: u64, created_at: i64) -> ReplicaFile {
    ReplicaFile::listed(level, min, max, created_at)
}

pub(crate) fn page_of(fill: u8) -> Vec<u8> {
    vec![fill; PAGE_SIZE]
}

/// One file: its pages by number, each filled with one byte.
pub(crate) struct Content {
    pub(crate) level: u8,
    pub(crate) txids: TxidRange,
    /// Database size after it, in pages.
    pub(crate) commit: u32,
    pub(crate) pages: BTreeMap<u32, u8>,
}

impl Content {
    pub(crate) fn new<const N: usize>(level: u8, min: u64, max: u64, commit: u32, pages: [(u32, u8); N]) -> Self {
        Content { level, txids: range(min, max), commit, pages: pages.into() }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let header = Header {
            page_size: PageSize::new(PAGE_SIZE as u32).unwrap(),
            commit: self.commit,
            txids: self.txids,
            timestamp: self.timestamp(),
            wal: WalSpan::default(),
            pre_apply_checksum: None,
            node_id: 0,
        };
        let mut encoder = Encoder::new(Vec::new(), header, PageForm::Block).unwrap();
        for (number, fill) in &self.pages {
            encoder.page(PageNumber::new(*number).unwrap(), &page_of(*fill)).unwrap();
        }
        encoder.finish().unwrap().0
    }

    pub(crate) fn timestamp(&self) -> Timestamp {
        at(self.txids.max().get() as i64 * 10)
    }

    pub(crate) async fn upload(&self, replica: &Replica) {
        self.upload_bytes(replica, self.encode()).await;
    }

    pub(crate) async fn upload_bytes(&self, replica: &Replica, bytes: Vec<u8>) {
        let level = Level::new(self.level).unwrap();
        replica.upload(level, self.txids, Body::Bytes(bytes.into()), self.timestamp(), false).await.unwrap();
    }
}

pub(crate) fn replica_in(store: Arc<dyn Store>) -> Replica {
    Replica::new(store, Layout::S3 { path: "db".into() })
}
