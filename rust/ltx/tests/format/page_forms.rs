//! The two forms of a page, byte by byte.

use crate::support::{BOTH_FORMS, RawPage, assemble, block_page, decode, encode, header, literals, noise, prose};
use ltx::{Error, Header, PageForm};
use twox_hash::XxHash32;

fn head() -> [u8; Header::LEN] {
    header(512, 9, (2, 2)).encode().unwrap()
}

/// A file with one page of these bytes, which claim to expand to `data`.
fn file(bytes: Vec<u8>, data: &[u8]) -> Vec<u8> {
    assemble(&head(), &[RawPage { bytes, data: data.to_vec() }], 0)
}

/// A frame with any descriptor; its checksums are right.
fn frame_page((flg, bd): (u8, u8), size: u32, payload: &[u8], data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\0\0\0\x03\0\0\x04\x22\x4d\x18".to_vec();
    bytes.extend_from_slice(&[flg, bd, (XxHash32::oneshot(0, &[flg, bd]) >> 8) as u8]);
    bytes.extend_from_slice(&size.to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&XxHash32::oneshot(0, data).to_le_bytes());
    bytes
}

const OFFICIAL: (u8, u8) = (0x64, 0x40);
const STORED: u32 = 1 << 31;

#[test]
fn a_block_has_its_size_before_it_and_nothing_after_it() {
    let data = noise(512, 1);
    assert_eq!(RawPage::new(3, &data, PageForm::Block).bytes, block_page(&literals(&data)));
}

#[test]
fn an_incompressible_page_grows_as_a_block_and_is_stored_in_a_frame() {
    let data = noise(512, 1);
    assert_eq!(RawPage::new(3, &data, PageForm::Block).bytes.len(), 10 + 512 + 3);
    let stored = frame_page(OFFICIAL, 512 | STORED, &data, &data);
    assert_eq!(RawPage::new(3, &data, PageForm::Frame).bytes, stored);
    assert_eq!(decode(&file(stored, &data)[..]).unwrap().pages, [(3, data)]);
}

#[test]
fn a_frame_begins_and_ends_as_litestream_expects() {
    let data = prose(512, 1);
    let bytes = RawPage::new(3, &data, PageForm::Frame).bytes;
    assert_eq!(bytes[..13], *b"\0\0\0\x03\0\0\x04\x22\x4d\x18\x64\x40\xa7");
    let size = u32::from_le_bytes(bytes[13..17].try_into().unwrap()) as usize;
    assert_eq!(bytes.len(), 17 + size + 8);
    assert_eq!(bytes[17 + size..17 + size + 4], [0; 4]);
    assert_eq!(bytes[17 + size + 4..], XxHash32::oneshot(0, &data).to_le_bytes());
}

#[test]
fn a_file_may_mix_both_forms() {
    let pages: Vec<_> = (1..=4).map(|n| (n, prose(512, u64::from(n)))).collect();
    let raw: Vec<_> = pages.iter().map(|(n, data)| RawPage::new(*n, data, BOTH_FORMS[*n as usize % 2])).collect();
    assert_eq!(decode(&assemble(&head(), &raw, 0)[..]).unwrap().pages, pages);
}

#[test]
fn every_page_size_survives_in_both_forms() {
    for form in BOTH_FORMS {
        for exponent in 9..=16 {
            let size = 1usize << exponent;
            let pages = [(1, noise(size, 1)), (2, prose(size, 2)), (3, vec![0; size])];
            let file = encode(header(size as u32, 3, (1, 1)), &pages, form);
            assert_eq!(decode(&file[..]).unwrap().pages, pages, "{form:?} {size}");
        }
    }
}

#[test]
fn every_page_flag_but_the_block_flag_is_refused() {
    for bit in 1..16 {
        for block in [0, 1] {
            let mut bytes = block_page(&literals(&noise(512, 1)));
            bytes[4..6].copy_from_slice(&(1u16 << bit | block).to_be_bytes());
            assert_refused!(file(bytes, &noise(512, 1)), Error::BadPageFlags { flags, .. } if flags == 1 << bit | block);
        }
    }
}

#[test]
fn an_end_marker_with_flags_is_refused() {
    for flags in [1u16, 2, 0x8000] {
        let mut bytes = head().to_vec();
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&flags.to_be_bytes());
        assert_refused!(bytes, Error::BadEndMarker(found) if found == flags);
    }
}

#[test]
fn a_compressed_size_beyond_the_worst_case_is_refused_before_reading_on() {
    let mut bytes = block_page(&[]);
    for size in [512 + 2 + 16 + 1, 1 << 20, u32::MAX] {
        bytes[6..10].copy_from_slice(&size.to_be_bytes());
        assert_refused!(file(bytes.clone(), &[]), Error::CompressedLength { found, .. } if found == size);
    }
    let frame = frame_page(OFFICIAL, 1 << 20, &[], &[]);
    assert_refused!(file(frame, &[]), Error::CompressedLength { found: 0x10_0000, .. });
}

#[test]
fn a_page_must_expand_to_exactly_the_page_size() {
    for len in [500, 511] {
        let data = noise(len, 1);
        let page = block_page(&literals(&data));
        assert_refused!(file(page, &data), Error::PageLength { found, expected: 512, .. } if found == len);
        let page = frame_page(OFFICIAL, literals(&data).len() as u32, &literals(&data), &data);
        assert_refused!(file(page, &data), Error::PageLength { found, expected: 512, .. } if found == len);
        let page = frame_page(OFFICIAL, len as u32 | STORED, &data, &data);
        assert_refused!(file(page, &data), Error::PageLength { found, expected: 512, .. } if found == len);
    }
    let data = noise(513, 1);
    assert_refused!(file(block_page(&literals(&data)), &data), Error::BadCompression { .. });
    assert_refused!(
        file(frame_page(OFFICIAL, 513 | STORED, &data, &data), &data),
        Error::PageLength { found: 513, .. }
    );
}

#[test]
fn an_empty_or_broken_block_is_refused() {
    let data = noise(512, 1);
    assert_refused!(file(block_page(&[]), &data), Error::BadCompression { .. });
    // A match that reaches back before the page.
    assert_refused!(file(block_page(&[0x1f, 7, 0xff, 0xff, 0]), &data), Error::BadCompression { .. });
    // A match at no distance.
    assert_refused!(file(block_page(&[0x1f, 7, 0, 0, 0]), &data), Error::BadCompression { .. });
}

#[test]
fn a_frame_of_another_kind_is_refused() {
    let data = noise(512, 1);
    // Dependent blocks; block checksums; a content size; no content checksum; a dictionary; another version.
    for flg in [0x44, 0x74, 0x6c, 0x60, 0x65, 0xa4] {
        assert_refused!(file(frame_page((flg, 0x40), 512 | STORED, &data, &data), &data), Error::BadFrame { .. });
    }
    for bd in [0x00, 0x30, 0x41, 0xc0] {
        assert_refused!(file(frame_page((0x64, bd), 512 | STORED, &data, &data), &data), Error::BadFrame { .. });
    }
}

#[test]
fn a_frame_may_announce_larger_blocks() {
    let data = noise(512, 1);
    for bd in [0x40, 0x50, 0x60, 0x70] {
        assert!(decode(&file(frame_page((0x64, bd), 512 | STORED, &data, &data), &data)[..]).is_ok());
    }
}

#[test]
fn a_damaged_frame_is_refused_for_what_is_damaged() {
    let data = noise(512, 1);
    let good = frame_page(OFFICIAL, 512 | STORED, &data, &data);
    let (end_mark, checksum) = (good.len() - 8, good.len() - 4);
    for (at, expected) in
        [(6, "magic"), (12, "header checksum"), (end_mark, "first block"), (checksum, "content checksum")]
    {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        assert_refused!(file(bytes, &data), Error::BadFrame { problem, .. } if problem.contains(expected));
    }
}

#[test]
fn the_footer_of_a_frame_is_demanded() {
    let data = noise(512, 1);
    let good = frame_page(OFFICIAL, 512 | STORED, &data, &data);
    let shortened = file(good[..good.len() - 4].to_vec(), &data);
    assert_refused!(shortened, Error::BadFrame { problem, .. } if problem.contains("content checksum"));
}
