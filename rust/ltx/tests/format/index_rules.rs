//! The page index: by itself, and as the reader of a whole file checks it.

use crate::support::{encode, header, index_of, noise, page, varint};
use ltx::{Error, PageForm, PageIndex, PageIndexEntry};

/// Three pages of 525 bytes each: 100..625, 625..1150, 1150..1675.
fn file() -> Vec<u8> {
    encode(header(512, 900, (2, 2)), &[1, 2, 777].map(|n| (n, noise(512, u64::from(n)))), PageForm::Block)
}

/// The bytes of an index with these numbers in it.
fn varints(values: &[u64]) -> Vec<u8> {
    values.iter().flat_map(|value| varint(*value)).collect()
}

const VALID: [u64; 10] = [1, 100, 525, 2, 625, 525, 777, 1150, 525, 0];

/// The file with another index in place of its own.
fn with_index(index: &[u8], length: u64) -> Vec<u8> {
    let mut file = file();
    let range = PageIndex::locate(&file, file.len() as u64).unwrap();
    let replacement: Vec<u8> = index.iter().copied().chain(length.to_be_bytes()).collect();
    file.splice(range.start as usize..range.end as usize + 8, replacement);
    file
}

#[test]
fn the_index_lists_number_offset_and_size_of_every_page() {
    let file = file();
    let index = index_of(&file);
    assert_eq!(index.encode(), varints(&VALID));
    assert_eq!(index.get(page(2)), Some(PageIndexEntry { page: page(2), offset: 625, size: 525 }));
    assert_eq!(index.get(page(3)), None);
    assert_eq!(index.entries().iter().map(|entry| entry.page.get()).collect::<Vec<_>>(), [1, 2, 777]);
    for entry in index.entries() {
        assert_eq!(file[entry.offset as usize..][..4], entry.page.get().to_be_bytes());
    }
}

#[test]
fn a_file_without_pages_has_an_index_of_one_byte() {
    let file = encode(header(512, 9, (2, 2)), &[], PageForm::Block);
    assert_eq!(file.len(), 100 + 6 + 1 + 8 + 16);
    assert!(index_of(&file).entries().is_empty());
}

#[test]
fn the_end_of_a_file_says_where_its_index_lies() {
    let file = file();
    let size = file.len() as u64;
    let range = PageIndex::locate(&file[file.len() - PageIndex::TAIL_LEN..], size).unwrap();
    assert_eq!(range, 1675 + 6..size - 24);
    assert_eq!(PageIndex::locate(&file, size).unwrap(), range);
}

#[test]
fn an_index_length_beyond_the_file_is_refused() {
    let mut file = file();
    let size = file.len() as u64;
    let length_at = file.len() - PageIndex::TAIL_LEN;
    for (length, valid) in [(0, false), (1, true), (size - 130, true), (size - 129, false), (u64::MAX, false)] {
        file[length_at..length_at + 8].copy_from_slice(&length.to_be_bytes());
        assert_eq!(PageIndex::locate(&file, size).is_ok(), valid, "{length}");
    }
}

#[test]
fn too_short_an_end_is_refused() {
    let file = file();
    for len in 0..PageIndex::TAIL_LEN {
        let result = PageIndex::locate(&file[file.len() - len..], file.len() as u64);
        assert!(matches!(result, Err(Error::Truncated { part: "page index", .. })));
        assert!(PageIndex::locate(&file[file.len() - PageIndex::TAIL_LEN..], len as u64).is_err());
    }
}

#[test]
fn the_index_must_list_what_the_file_holds() {
    for at in 0..VALID.len() - 1 {
        let mut values = VALID;
        values[at] += 1;
        let index = varints(&values);
        assert_refused!(with_index(&index, index.len() as u64), Error::PageIndexMismatch);
    }
    for (missing, length) in [(0, 13), (3, 13), (6, 13)] {
        let mut values = VALID.to_vec();
        values.drain(missing..missing + 3);
        assert_refused!(with_index(&varints(&values), length), Error::PageIndexMismatch);
    }
    let index = varints(&[&VALID[..9], &[800, 1675, 525, 0]].concat());
    assert_refused!(with_index(&index, index.len() as u64), Error::PageIndexMismatch);
}

#[test]
fn the_index_must_state_its_own_length() {
    let index = varints(&VALID);
    let expected = index.len() as u64;
    for length in [0, expected - 1, expected + 1, expected + 8, u64::MAX] {
        assert_refused!(with_index(&index, length), Error::PageIndexLength { found, .. } if found == length);
    }
}

#[test]
fn a_malformed_index_is_refused() {
    let decode = |values: &[u64]| PageIndex::decode(&varints(values));
    assert!(decode(&VALID).is_ok());
    assert!(decode(&[0]).is_ok());
    for (values, problem) in [
        (&[][..], "ends inside"),
        (&VALID[..9], "ends inside"),
        (&[1, 100], "ends inside"),
        (&[0, 0], "follow its terminator"),
        (&[1 << 32, 100, 525, 0], "32 bits"),
        (&[2, 100, 525, 1, 625, 525, 0], "ascend"),
        (&[1, 100, 525, 1, 625, 525, 0], "ascend"),
        (&[1, 101, 525, 0], "side by side"),
        (&[1, 100, 525, 2, 624, 525, 0], "side by side"),
        (&[1, 100, 6, 0], "side by side"),
        (&[1, 100, u64::MAX, 0], "64 bits"),
    ] {
        let error = decode(values).unwrap_err();
        assert!(matches!(error, Error::BadPageIndex(found) if found.contains(problem)), "{values:?}: {error}");
    }
}

#[test]
fn a_number_of_more_than_64_bits_is_refused() {
    let mut index = vec![0xff; 9];
    index.extend([0x02, 100, 0x8d, 4, 0]);
    assert!(PageIndex::decode(&index).is_err());
    assert!(PageIndex::decode(&[0xff; 64]).is_err());
}

#[test]
fn an_index_cut_anywhere_is_refused() {
    let index = varints(&VALID);
    for len in 0..index.len() {
        assert!(PageIndex::decode(&index[..len]).is_err());
    }
}
