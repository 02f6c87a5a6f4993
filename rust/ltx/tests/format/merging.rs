//! Merging a chain of files.

use std::io::{self, Read};

use ltx::{Error, Header, PageForm, Salt, Summary, Timestamp, WalSpan};
use proptest::prelude::*;

use crate::support::{
    BOTH_FORMS, Decoded, Page, RawPage, assemble, block_page, decode, encode, header, literals, noise, prose,
    raw_pages, txids,
};

const SIZE: u32 = 512;

fn data(seed: u64) -> Vec<u8> {
    prose(SIZE as usize, seed)
}

/// A file with pages told apart by their seeds.
fn file(commit: u32, range: (u64, u64), pages: &[(u32, u64)]) -> Vec<u8> {
    let pages: Vec<Page> = pages.iter().map(|(number, seed)| (*number, data(*seed))).collect();
    encode(header(SIZE, commit, range), &pages, PageForm::Block)
}

fn merge(files: &[Vec<u8>]) -> Result<(Vec<u8>, Summary), Error> {
    let mut out = Vec::new();
    let summary = ltx::merge(files.iter().map(Vec::as_slice).collect(), &mut out)?;
    Ok((out, summary))
}

fn merged(files: &[Vec<u8>]) -> Result<Decoded, Error> {
    let (out, summary) = merge(files)?;
    let decoded = decode(&out[..])?;
    assert_eq!((summary.header, summary.trailer), (decoded.header, decoded.trailer));
    assert_eq!((summary.size, summary.pages as usize), (out.len() as u64, decoded.pages.len()));
    Ok(decoded)
}

fn seeds(files: &[Vec<u8>], expected: &[(u32, u64)]) {
    let expected: Vec<Page> = expected.iter().map(|(number, seed)| (*number, data(*seed))).collect();
    assert_eq!(merged(files).unwrap().pages, expected);
}

fn snapshot() -> Vec<u8> {
    file(3, (1, 1), &[(1, 11), (2, 12), (3, 13)])
}

#[test]
fn of_every_page_the_newest_wins() {
    let second = file(3, (2, 2), &[(2, 22), (3, 23)]);
    let third = file(3, (3, 3), &[(3, 33)]);
    seeds(&[snapshot(), second, third], &[(1, 11), (2, 22), (3, 33)]);
}

#[test]
fn pages_beyond_the_final_size_are_dropped() {
    seeds(&[snapshot(), file(2, (2, 2), &[(1, 21)])], &[(1, 21), (2, 12)]);
}

#[test]
fn pages_added_are_taken_over() {
    seeds(&[snapshot(), file(5, (2, 2), &[(4, 24), (5, 25)])], &[(1, 11), (2, 12), (3, 13), (4, 24), (5, 25)]);
}

#[test]
fn a_page_cut_off_and_added_again_is_the_new_one() {
    let shrunk = file(1, (2, 2), &[(1, 21)]);
    let grown = file(3, (3, 3), &[(2, 32), (3, 33)]);
    seeds(&[snapshot(), shrunk, grown], &[(1, 21), (2, 32), (3, 33)]);
}

#[test]
fn a_page_cut_off_does_not_come_back_when_the_file_that_grows_again_lacks_it() {
    let shrunk = file(1, (2, 2), &[]);
    let grown = file(3, (3, 3), &[(2, 32)]);
    let files = [snapshot(), shrunk, grown];
    let Err(Error::Input { index: 2, source }) = merged(&files) else { panic!("merged in spite of the hole") };
    assert!(matches!(*source, Error::GrowthHole { from: 1, to: 3, .. }), "{source}");
}

#[test]
fn a_file_that_grows_the_database_must_hold_all_new_pages() {
    for pages in [&[][..], &[(4, 24)], &[(5, 25)], &[(1, 21), (2, 22)]] {
        let files = [file(3, (4, 4), &[]), file(5, (5, 5), pages)];
        let Err(Error::Input { index: 1, source }) = merged(&files) else { panic!("merged in spite of the hole") };
        assert!(matches!(*source, Error::GrowthHole { from: 3, to: 5, .. }), "{source}");
    }
}

#[test]
fn growing_across_the_lock_page_needs_only_the_others() {
    let pages = |numbers: &[u32]| numbers.iter().map(|n| (*n, vec![0; 65_536])).collect::<Vec<Page>>();
    let before = encode(header(65_536, 16_384, (2, 2)), &[], PageForm::Block);
    for (commit, numbers, valid) in
        [(16_385, &[][..], true), (16_386, &[16_386], true), (16_386, &[], false), (16_387, &[16_387], false)]
    {
        let after = encode(header(65_536, commit, (3, 3)), &pages(numbers), PageForm::Block);
        assert_eq!(merged(&[before.clone(), after]).is_ok(), valid, "{commit} {numbers:?}");
    }
}

#[test]
fn the_merged_header_spans_the_chain_and_takes_the_rest_from_the_last_file() {
    let wal = WalSpan { offset: 32, size: 4096, salt: Salt(1, 2) };
    let first = Header { timestamp: Timestamp::from_millis(5), wal, node_id: 9, ..header(SIZE, 4, (3, 4)) };
    let last = Header { timestamp: Timestamp::from_millis(7), commit: 2, txids: txids(5, 8), ..first };
    let files = [encode(first, &[(4, data(4))], PageForm::Block), encode(last, &[(1, data(1))], PageForm::Block)];
    let expected = Header { txids: txids(3, 8), wal: WalSpan::default(), node_id: 0, ..last };
    assert_eq!(merged(&files).unwrap().header, expected);
}

#[test]
fn one_file_merges_into_itself() {
    for form in BOTH_FORMS {
        let pages: Vec<Page> = (1..=4).map(|n| (n, noise(512, u64::from(n)))).collect();
        let file = encode(header(SIZE, 4, (1, 3)), &pages, form);
        assert_eq!(merge(std::slice::from_ref(&file)).unwrap().0, file);
    }
}

#[test]
fn every_page_keeps_its_form() {
    let first = encode(header(SIZE, 3, (1, 1)), &[1, 2, 3].map(|n| (n, data(u64::from(n)))), PageForm::Block);
    let second = encode(header(SIZE, 3, (2, 2)), &[(2, data(22))], PageForm::Frame);
    let (out, _) = merge(&[first.clone(), second.clone()]).unwrap();
    let (first, second) = (raw_pages(&first), raw_pages(&second));
    assert_eq!(raw_pages(&out), [first[0], second[0], first[2]]);
}

/// Zeros stored letter by letter: no compressor would do that.
#[test]
fn a_page_is_moved_as_it_lies_and_not_compressed_again() {
    let zeros = vec![0; SIZE as usize];
    let page = RawPage { bytes: block_page(&literals(&zeros)), data: zeros };
    let file = assemble(&header(SIZE, 9, (2, 2)).encode().unwrap(), &[page], 0);
    assert_eq!(merge(std::slice::from_ref(&file)).unwrap().0, file);
}

#[test]
fn overlapping_files_merge() {
    let older = file(3, (2, 4), &[(1, 21), (2, 22)]);
    let newer = file(3, (3, 5), &[(2, 52)]);
    seeds(&[snapshot(), older, newer], &[(1, 21), (2, 52), (3, 13)]);
}

#[test]
fn nothing_cannot_be_merged() {
    assert!(matches!(merged(&[]), Err(Error::NoInputs)));
}

#[test]
fn a_gap_in_the_chain_is_refused() {
    let result = merged(&[snapshot(), file(3, (3, 3), &[])]);
    assert!(
        matches!(result, Err(Error::NotContiguous { previous, next }) if previous == txids(1, 1) && next == txids(3, 3))
    );
}

#[test]
fn a_file_that_reaches_no_further_is_refused() {
    let older = file(3, (2, 4), &[]);
    assert!(matches!(merged(&[older.clone(), file(3, (3, 4), &[])]), Err(Error::NotContiguous { .. })));
    assert!(matches!(merged(&[older.clone(), older]), Err(Error::NotContiguous { .. })));
}

#[test]
fn page_sizes_must_agree() {
    let other = encode(header(1024, 3, (2, 2)), &[], PageForm::Block);
    assert!(matches!(merged(&[snapshot(), other]), Err(Error::PageSizeMismatch { found: 1024, expected: 512, .. })));
}

/// Also where the damaged page is not part of the result.
#[test]
fn every_input_is_proven_to_its_end() {
    let first = encode(header(SIZE, 3, (1, 1)), &[1, 2, 3].map(|n| (n, noise(512, n.into()))), PageForm::Block);
    let second = file(1, (2, 2), &[(1, 21)]);
    assert!(merged(&[first.clone(), second.clone()]).is_ok());
    for (index, at) in [(0, 1400), (0, first.len() - 1), (1, second.len() - 1)] {
        let mut files = [first.clone(), second.clone()];
        files[index][at] ^= 1;
        let Err(Error::Input { index: found, source }) = merged(&files) else { panic!("the damage went unnoticed") };
        assert!(found == index && matches!(*source, Error::FileChecksum { .. }), "{source}");
    }
    let cut = first[..first.len() - 1].to_vec();
    assert!(matches!(merged(&[cut, second]), Err(Error::Input { index: 0, .. })));
}

/// Fails where the network would.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::ConnectionReset.into())
    }
}

#[test]
fn a_failing_reader_is_told_from_damage() {
    let file = snapshot();
    let readers: Vec<Box<dyn Read>> = vec![Box::new(&file[..200]), Box::new(Broken)];
    let error = ltx::merge(readers, io::sink()).unwrap_err();
    assert_eq!(error.to_string().split(':').next(), Some("file 2 of the merge"));
    assert_eq!(error.into_io().unwrap().kind(), io::ErrorKind::ConnectionReset);
    let error = ltx::merge(vec![&file[..200]], io::sink()).unwrap_err();
    assert!(matches!(error.into_io(), Err(Error::Input { index: 0, .. })));
}

/// One transaction: the size it leaves the database with, and the pages it changes among those that were there.
type Change = (u32, Vec<bool>);

/// Applies transactions one by one, and keeps each as a file. Pages beyond the old size are all in the file.
fn replay(changes: &[Change]) -> (Vec<Vec<u8>>, Vec<Page>) {
    let (mut database, mut files) = (Vec::new(), Vec::new());
    for (txid, (commit, changed)) in (1u64..).zip(changes) {
        let old = database.len();
        database.resize(*commit as usize, Vec::new());
        let mut pages = Vec::new();
        for (i, content) in database.iter_mut().enumerate() {
            if i >= old || changed[i] {
                *content = data(txid * 100 + i as u64);
                pages.push((i as u32 + 1, content.clone()));
            }
        }
        files.push(encode(header(SIZE, *commit, (txid, txid)), &pages, BOTH_FORMS[txid as usize % 2]));
    }
    (files, (1..).zip(database).collect())
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec((1u32..12, prop::collection::vec(any::<bool>(), 12)), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_merged_chain_is_the_database_that_the_transactions_made(changes in changes()) {
        let (files, database) = replay(&changes);
        let decoded = merged(&files).unwrap();
        prop_assert!(decoded.header.is_snapshot());
        prop_assert_eq!(decoded.pages, database);
    }

    /// As levels of compaction do it; the parts overlap as they may after an interrupted compaction.
    #[test]
    fn merging_in_parts_gives_the_same_as_merging_at_once(
        changes in changes(), cut: prop::sample::Index, overlap in 0usize..3,
    ) {
        let (files, database) = replay(&changes);
        let cut = cut.index(files.len());
        let part = |files: &[Vec<u8>]| merge(files).unwrap().0;
        let parts = match cut {
            0 => vec![part(&files)],
            _ => vec![part(&files[..cut]), part(&files[cut.saturating_sub(overlap)..])],
        };
        prop_assert_eq!(merged(&parts).unwrap().pages, database);
    }
}
