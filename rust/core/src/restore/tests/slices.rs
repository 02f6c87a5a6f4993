//! Files of many slices, expanded by several threads at once.

use std::{collections::BTreeMap, fs};

use litestream_testkit::random::Random;
use ltx::{Decoder, PageForm};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use tempfile::TempDir;

use super::{performing::*, *};
use crate::{
    Error,
    restore::{Target, decompress::SLICE_BYTES},
    store::memory::MemoryStore,
    verify::prove,
};

const PAGE: usize = 65_536;

/// Six slices and a bit.
const PAGES: u32 = (6 * SLICE_BYTES / PAGE) as u32 + 1;

fn image(seed: u64, number: u32) -> Vec<u8> {
    let noise = Random::new(seed << 32 | u64::from(number)).noise(PAGE / 2);
    [noise, vec![number as u8; PAGE / 2]].concat()
}

fn encode(txid: u64, pages: &BTreeMap<u32, u64>, form: PageForm) -> Vec<u8> {
    let sample = Content::new(0, txid, txid, PAGES, []);
    let header = Header {
        page_size: PageSize::new(PAGE as u32).unwrap(),
        commit: PAGES,
        txids: sample.txids,
        timestamp: sample.timestamp(),
        wal: WalSpan::default(),
        pre_apply_checksum: None,
        node_id: 0,
    };
    let mut encoder = Encoder::new(Vec::new(), header, form).unwrap();
    for (number, seed) in pages {
        encoder.page(PageNumber::new(*number).unwrap(), &image(*seed, *number)).unwrap();
    }
    encoder.finish().unwrap().0
}

async fn replica(files: &[Vec<u8>]) -> Replica {
    let replica = replica_in(Arc::new(MemoryStore::new()));
    for (index, bytes) in files.iter().enumerate() {
        let txid = index as u64 + 1;
        Content::new(0, txid, txid, PAGES, []).upload_bytes(&replica, bytes.clone()).await;
    }
    replica
}

/// One file after the other, one page after the other, the newest last.
fn one_by_one(files: &[Vec<u8>]) -> Vec<u8> {
    let mut database = vec![0; PAGES as usize * PAGE];
    for file in files {
        let mut decoder = Decoder::new(&file[..]).unwrap();
        let mut data = Vec::new();
        while let Some(page) = decoder.next_page(&mut data).unwrap() {
            let at = (page.get() as usize - 1) * PAGE;
            database[at..at + PAGE].copy_from_slice(&data);
        }
        decoder.finish().unwrap();
    }
    database
}

fn snapshot() -> BTreeMap<u32, u64> {
    (1..=PAGES).map(|number| (number, 1)).collect()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn any_files_restore_like_applying_them_one_by_one() {
    let changes = prop::collection::vec(prop::collection::btree_set(1..=PAGES, 0..PAGES as usize), 0..4);
    let runtime = runtime();
    let run = |changes: Vec<std::collections::BTreeSet<u32>>| {
        let mut files = vec![encode(1, &snapshot(), PageForm::Block)];
        for (txid, pages) in (2..).zip(&changes) {
            let form = [PageForm::Block, PageForm::Frame][txid as usize % 2];
            files.push(encode(txid, &pages.iter().map(|number| (*number, txid)).collect(), form));
        }
        let folder = TempDir::new().unwrap();
        let output = folder.path().join("db");
        runtime.block_on(async {
            let replica = replica(&files).await;
            restore(&replica, Target::Latest, &output).await.unwrap();
            let expected = one_by_one(&files);
            assert!(fs::read(&output).unwrap() == expected);
            let mut sum = ltx::DatabaseChecksum::new();
            for (number, data) in (1..).zip(expected.chunks(PAGE)) {
                sum.add(PageNumber::new(number).unwrap(), data);
            }
            assert_eq!(prove(&replica, Target::Latest).await.unwrap().checksum, sum.value());
        });
        Ok(())
    };
    TestRunner::new(Config::with_cases(24)).run(&changes, run).unwrap();
}

/// Wherever a bit flips, restore and verify name the file, unless the page still expands to the same bytes.
#[test]
fn damage_anywhere_is_found() {
    let whole = [encode(1, &snapshot(), PageForm::Block), encode(2, &[(2, 2)].into(), PageForm::Block)];
    let expected = one_by_one(&whole);
    let runtime = runtime();
    let run = |(at, bit): (prop::sample::Index, u8)| {
        let mut files = whole.to_vec();
        let at = at.index(files[0].len());
        files[0][at] ^= 1 << bit;
        let folder = TempDir::new().unwrap();
        let output = folder.path().join("db");
        let named = |error: Error| {
            let named = matches!(&error, Error::Corrupt { what, .. } if what.starts_with("file 0000000000000001-"));
            assert!(named, "bit {bit} of byte {at}: {error}");
        };
        runtime.block_on(async {
            let replica = replica(&files).await;
            match restore(&replica, Target::Latest, &output).await {
                Ok(_) => assert!(fs::read(&output).unwrap() == expected, "bit {bit} of byte {at}"),
                Err(error) => {
                    assert!(names(folder.path()).is_empty());
                    named(error);
                    named(prove(&replica, Target::Latest).await.unwrap_err());
                }
            }
        });
        Ok(())
    };
    TestRunner::new(Config::with_cases(100)).run(&(any::<prop::sample::Index>(), 0..8u8), run).unwrap();
}
