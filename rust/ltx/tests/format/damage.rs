//! Damaged files: cut short, one bit flipped, bytes at random. Every one is an error, or proves to say the same.

use ltx::{Error, Header, PageForm, PageIndex};
use proptest::prelude::*;

use crate::support::{BOTH_FORMS, Decoded, Page, decode, encode, header, noise, prose};

const GOLDEN: [&[u8]; 2] = [
    include_bytes!("../golden/block-0000000000000001-0000000000000001.ltx"),
    include_bytes!("../golden/frame-0000000000000001-0000000000000001.ltx"),
];

/// Snapshots and increments, in both forms, of pages that compress and pages that do not.
fn files() -> Vec<Vec<u8>> {
    let mixed: Vec<Page> = vec![(1, prose(512, 1)), (2, noise(512, 2)), (3, vec![0; 512])];
    let mut files: Vec<Vec<u8>> = GOLDEN.map(<[u8]>::to_vec).into();
    for form in BOTH_FORMS {
        files.push(encode(header(512, 3, (1, 4)), &mixed, form));
        files.push(encode(header(512, 9, (3, 4)), &mixed, form));
        files.push(encode(header(512, 9, (3, 4)), &[], form));
    }
    files
}

/// The bits whose flipping goes unnoticed, each with what the damaged file says.
fn unnoticed(file: &[u8]) -> Vec<(usize, u8, Decoded)> {
    let mut found = Vec::new();
    for at in 0..file.len() {
        for bit in 0..8 {
            let mut damaged = file.to_vec();
            damaged[at] ^= 1 << bit;
            found.extend(decode(&damaged[..]).ok().map(|decoded| (at, bit, decoded)));
        }
    }
    found
}

#[test]
fn a_file_cut_at_any_byte_is_refused_as_truncated() {
    for file in files() {
        for len in 0..file.len() {
            assert_refused!(file[..len], Error::Truncated { offset, .. } if offset <= len as u64);
        }
    }
}

/// With incompressible pages a frame holds the page itself, so every bit of the file is covered by a check.
#[test]
fn every_flipped_bit_of_a_stored_frame_file_is_an_error() {
    for header in [header(512, 2, (1, 1)), header(512, 9, (5, 6))] {
        let file = encode(header, &[(1, noise(512, 1)), (2, noise(512, 2))], PageForm::Frame);
        assert_eq!(unnoticed(&file), []);
    }
}

/// A block of literals alone begins with a token whose low half would be the length of a match; without a match it
/// has no meaning, and nothing covers it.
#[test]
fn every_flipped_bit_of_an_incompressible_block_file_is_an_error_but_for_the_four_without_meaning() {
    let file = encode(header(512, 1, (1, 1)), &[(1, noise(512, 1))], PageForm::Block);
    let token = Header::LEN + 10;
    let bits: Vec<_> = unnoticed(&file).into_iter().map(|(at, bit, _)| (at, bit)).collect();
    assert_eq!(bits, [0, 1, 2, 3].map(|bit| (token, bit)));
}

/// Compressed bytes are covered only by what they expand to: a match may as well be copied from another place that
/// holds the same bytes. Such a flip changes nothing that can be read.
#[test]
fn a_flipped_bit_is_an_error_unless_the_compressed_page_still_expands_to_the_same_bytes() {
    for file in files() {
        let whole = decode(&file[..]).unwrap();
        let pages = Header::LEN..PageIndex::locate(&file, file.len() as u64).unwrap().start as usize - 6;
        for (at, bit, decoded) in unnoticed(&file) {
            assert!(pages.contains(&at), "bit {bit} of byte {at} is not part of a page");
            assert_eq!(decoded, whole, "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn a_flipped_bit_outside_the_compressed_pages_is_always_an_error() {
    let file = encode(header(512, 9, (3, 4)), &[], PageForm::Block);
    assert_eq!(unnoticed(&file), []);
}

#[test]
fn two_pages_exchanged_are_an_error() {
    let pages = [(1, noise(512, 1)), (2, noise(512, 2))];
    for form in BOTH_FORMS {
        let mut file = encode(header(512, 2, (1, 1)), &pages, form);
        let len = crate::support::index_of(&file).entries()[0].size as usize;
        let (first, second) = file[Header::LEN..Header::LEN + 2 * len].split_at_mut(len);
        first[6..].swap_with_slice(&mut second[6..]);
        assert_refused!(file, Error::FileChecksum { .. });
    }
}

proptest! {
    #[test]
    fn bytes_overwritten_at_random_are_an_error_or_change_nothing(
        which in 0..8usize, at: prop::sample::Index, bytes in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let mut file = files().swap_remove(which);
        let whole = decode(&file[..]).unwrap();
        let at = at.index(file.len());
        let len = bytes.len().min(file.len() - at);
        file[at..at + len].copy_from_slice(&bytes[..len]);
        if let Ok(decoded) = decode(&file[..]) {
            prop_assert_eq!(decoded, whole);
        }
    }
}
