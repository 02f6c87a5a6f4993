//! A replica on the S3 server: transaction 1 holds every page, each further one the first three.

use litestream_core::{
    config::{Location, ReplicaConfig, S3Config},
    replica::{Level, Replica},
    store::Body,
};
use litestream_testkit::{random::Random, s3::S3Server};
use ltx::{Encoder, Header, PageForm, PageNumber, PageSize, Timestamp, Txid, TxidRange, WalSpan};

use super::{config, server};

pub const PAGE_SIZE: usize = 4096;

/// Enough incompressible pages that a whole database is read and sent in several parts.
pub const PAGES: u32 = 3000;

const CHANGED: u32 = 3;

pub fn open(config: S3Config) -> Replica {
    Replica::open(&ReplicaConfig::new(Location::S3(config))).unwrap()
}

/// A replica of that many transactions, in the log of whose server nothing stands yet.
pub async fn replicated(transactions: u64) -> (S3Server, Replica) {
    let server = server();
    let replica = open(config(&server));
    for number in 1..=transactions {
        upload(&replica, number).await;
    }
    server.requests().clear();
    (server, replica)
}

/// Page after page as of transaction `last`.
pub fn database(last: u64) -> Vec<u8> {
    (1..=PAGES).flat_map(|number| page(if number <= CHANGED { last } else { 1 }, number)).collect()
}

fn page(txid: u64, number: u32) -> Vec<u8> {
    Random::new(txid << 32 | u64::from(number)).bytes(PAGE_SIZE)
}

/// A transaction counts its seconds from 1970 by its number.
async fn upload(replica: &Replica, number: u64) {
    let header = Header {
        page_size: PageSize::new(PAGE_SIZE as u32).unwrap(),
        commit: PAGES,
        txids: TxidRange::single(Txid::new(number).unwrap()),
        timestamp: Timestamp::from_millis(number as i64 * 1000),
        wal: WalSpan::default(),
        pre_apply_checksum: None,
        node_id: 0,
    };
    let mut encoder = Encoder::new(Vec::new(), header, PageForm::Block).unwrap();
    for page_number in 1..=if number == 1 { PAGES } else { CHANGED } {
        encoder.page(PageNumber::new(page_number).unwrap(), &page(number, page_number)).unwrap();
    }
    let body = Body::Bytes(encoder.finish().unwrap().0.into());
    replica.upload(Level::L0, header.txids, body, header.timestamp, true).await.unwrap();
}
