//! What is encoded is decoded, however the reader delivers it.

use std::{
    collections::BTreeMap,
    io::{self, Read},
};

use crate::support::{BOTH_FORMS, Page, decode, encode, header, index_of, noise, prose};
use ltx::{Decoder, PageForm, PageIndex, Txid};
use proptest::prelude::*;

/// Content as databases have it: empty, repetitive, random, and random with gaps.
fn content(page_size: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(vec![0; page_size]),
        any::<u64>().prop_map(move |seed| noise(page_size, seed)),
        any::<u64>().prop_map(move |seed| prose(page_size, seed)),
        (any::<u64>(), 0..page_size).prop_map(move |(seed, from)| {
            let mut data = vec![0; page_size];
            data[from..].copy_from_slice(&noise(page_size - from, seed));
            data
        }),
    ]
}

/// A page size, the size of the database and some of its pages.
fn increments() -> impl Strategy<Value = (u32, u32, Vec<Page>)> {
    (9u32..=16, 1u32..5000).prop_flat_map(|(exponent, commit)| {
        let pages = prop::collection::btree_map(1..=commit, content(1 << exponent), 0..12);
        (Just(1 << exponent), Just(commit), pages.prop_map(|pages: BTreeMap<u32, Vec<u8>>| Vec::from_iter(pages)))
    })
}

fn form() -> impl Strategy<Value = PageForm> {
    prop::sample::select(&BOTH_FORMS[..])
}

/// Gives a few bytes at a time, and is interrupted now and then.
struct Trickle<'a> {
    rest: &'a [u8],
    calls: usize,
}

impl Read for Trickle<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.calls += 1;
        if self.calls.is_multiple_of(5) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let len = out.len().min(self.calls % 7 + 1);
        self.rest.read(&mut out[..len])
    }
}

/// Counts how often it is asked.
struct Counting<'a> {
    rest: &'a [u8],
    calls: &'a mut usize,
}

impl Read for Counting<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        *self.calls += 1;
        self.rest.read(out)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pages_survive_encoding_and_decoding((page_size, commit, pages) in increments(), form in form(), min in 2..Txid::MAX.get()) {
        let header = header(page_size, commit, (min, Txid::MAX.get()));
        let file = encode(header, &pages, form);
        let decoded = decode(&file[..]).unwrap();
        prop_assert_eq!(decoded.header, header);
        prop_assert_eq!(decoded.pages, pages);
        prop_assert_eq!(decode(Trickle { rest: &file, calls: 0 }).unwrap().trailer, decoded.trailer);
    }

    #[test]
    fn the_page_index_survives_encoding_and_decoding((page_size, commit, pages) in increments(), form in form()) {
        let index = index_of(&encode(header(page_size, commit, (2, 2)), &pages, form));
        prop_assert_eq!(index.entries().len(), pages.len());
        prop_assert_eq!(PageIndex::decode(&index.encode()).unwrap(), index);
    }

    #[test]
    fn encoding_is_deterministic((page_size, commit, pages) in increments(), form in form()) {
        let header = header(page_size, commit, (2, 2));
        prop_assert_eq!(encode(header, &pages, form), encode(header, &pages, form));
    }

    #[test]
    fn any_bytes_after_a_header_are_a_file_or_an_error(tail in prop::collection::vec(any::<u8>(), 0..400), pages in 0u8..3) {
        let mut file = header(512, 9, (2, 2)).encode().unwrap().to_vec();
        for number in 0..pages {
            file.extend_from_slice(&[0, 0, 0, number + 1, 0, number % 2]);
        }
        file.extend_from_slice(&tail);
        let _ = decode(&file[..]);
    }
}

#[test]
fn pages_not_taken_are_still_proven_by_finish() {
    let pages: Vec<Page> = (1..=5).map(|n| (n, noise(512, u64::from(n)))).collect();
    let mut file = encode(header(512, 5, (1, 1)), &pages, PageForm::Block);
    Decoder::new(&file[..]).unwrap().finish().unwrap();
    file[2000] ^= 1;
    assert!(Decoder::new(&file[..]).unwrap().finish().is_err());
}

#[test]
fn after_the_last_page_there_is_none_as_often_as_asked() {
    let file = encode(header(512, 1, (1, 1)), &[(1, prose(512, 1))], PageForm::Block);
    let (mut decoder, mut data) = (Decoder::new(&file[..]).unwrap(), Vec::new());
    assert!(decoder.next_page(&mut data).unwrap().is_some());
    for _ in 0..3 {
        assert_eq!(decoder.next_page(&mut data).unwrap(), None);
    }
    decoder.finish().unwrap();
}

#[test]
fn the_reader_is_asked_for_large_pieces() {
    let pages: Vec<Page> = (1..=2000).map(|n| (n, noise(512, u64::from(n)))).collect();
    let file = encode(header(512, 2000, (1, 1)), &pages, PageForm::Block);
    let mut calls = 0;
    decode(Counting { rest: &file, calls: &mut calls }).unwrap();
    assert!(calls <= file.len() / (16 * 1024) + 2, "{calls} reads for {} bytes", file.len());
}
