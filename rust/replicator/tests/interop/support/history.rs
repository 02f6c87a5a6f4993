//! The headers of the replica's files.

use std::collections::BTreeSet;

use ltx::{Decoder, Header, TxidRange, file_name};

use super::{
    Site,
    site::{BUCKET, REPLICA_PATH},
};

/// One file of level 0.
pub struct Increment {
    pub header: Header,
    pub pages: u32,
}

impl Increment {
    pub fn txid(&self) -> u64 {
        self.header.txids.max().get()
    }

    /// True if it holds the whole database.
    pub fn is_whole(&self) -> bool {
        self.pages == self.header.commit
    }
}

/// Every file of level 0 in TXID order, decoded to the end.
pub fn increments(site: &Site) -> Vec<Increment> {
    site.server.keys(BUCKET).iter().filter(|key| key.starts_with(&prefix(0))).map(|key| decode(site, key)).collect()
}

fn decode(site: &Site, key: &str) -> Increment {
    let data = site.server.data(BUCKET, key).unwrap();
    let mut decoder = Decoder::new(data.as_ref()).unwrap();
    let header = *decoder.header();
    let (mut pages, mut image) = (0, Vec::new());
    while decoder.next_page(&mut image).unwrap().is_some() {
        pages += 1;
    }
    decoder.finish().unwrap();
    Increment { header, pages }
}

/// Level 0 holds every TXID from 1 to `newest`, each in a file of its own.
#[track_caller]
pub fn assert_no_gap(site: &Site, newest: u64) {
    let found: Vec<u64> = increments(site).iter().map(Increment::txid).collect();
    let expected: Vec<u64> = (1..=newest).collect();
    assert_eq!(found, expected);
}

/// Levels that hold at least one file.
pub fn levels(site: &Site) -> BTreeSet<u8> {
    (0..=9).filter(|&level| !ranges(site, level).is_empty()).collect()
}

pub fn ranges(site: &Site, level: u8) -> Vec<TxidRange> {
    let prefix = prefix(level);
    let keys = site.server.keys(BUCKET);
    keys.iter().filter_map(|key| file_name::parse(key.strip_prefix(&prefix)?)).collect()
}

fn prefix(level: u8) -> String {
    format!("{REPLICA_PATH}/{level:04x}/")
}
