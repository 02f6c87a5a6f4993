//! File names, TXIDs, chains of files, checksums.

use crate::support::{noise, page, txids};
use ltx::{Checksum, DatabaseChecksum, Txid, TxidRange, file_name};
use proptest::prelude::*;

const MAX: u64 = Txid::MAX.get();

#[test]
fn a_file_name_is_37_characters_of_lowercase_hex() {
    assert_eq!(file_name::format(txids(1, 0xabc)), "0000000000000001-0000000000000abc.ltx");
    assert_eq!(file_name::format(txids(MAX, MAX)), "fffffffffffffffe-fffffffffffffffe.ltx");
}

#[test]
fn other_names_are_no_file_names() {
    for name in [
        "",
        ".ltx",
        "-.ltx",
        "0000000000000001.ltx",
        "0000000000000001-0000000000000002",
        "0000000000000001-0000000000000002.LTX",
        "0000000000000001-0000000000000002.ltx.tmp",
        " 0000000000000001-0000000000000002.ltx",
        "ltx/0000000000000001-0000000000000002.ltx",
        "0000000000000001-000000000000000A.ltx",
        "0000000000000001-+000000000000002.ltx",
        "000000000000001-0000000000000002.ltx",
        "00000000000000001-0000000000000002.ltx",
        "0000000000000001_0000000000000002.ltx",
        "0000000000000001-0000000000000002-0000000000000003.ltx",
        "0000000000000000-0000000000000002.ltx",
        "0000000000000003-0000000000000002.ltx",
        "000000000000000é-0000000000000002.ltx",
        "0000000000000001-ffffffffffffffff.ltx",
        "ffffffffffffffff-ffffffffffffffff.ltx",
    ] {
        assert_eq!(file_name::parse(name), None, "{name}");
    }
}

/// `next.min <= prev.max + 1` and `next.max > prev.max`: overlap is allowed, a gap is not, standing still is not.
#[test]
fn a_chain_goes_on_without_a_gap_and_reaches_further() {
    let at_5 = Txid::new(5);
    for (min, max, extends) in
        [(6, 6, true), (6, 9, true), (3, 6, true), (1, 9, true), (7, 9, false), (5, 5, false), (1, 4, false)]
    {
        assert_eq!(txids(min, max).extends(at_5), extends, "{min}-{max}");
    }
    assert!(txids(1, 3).extends(None));
    assert!(!txids(2, 3).extends(None));
    assert!(!txids(MAX, MAX).extends(Txid::new(MAX)));
}

#[test]
fn a_checksum_is_printed_as_16_digits_and_read_back() {
    assert_eq!(Checksum::EMPTY.to_string(), "8000000000000000");
    assert_eq!("80000000000000ff".parse::<Checksum>().unwrap().get(), 1 << 63 | 0xff);
    for text in ["", "7fffffffffffffff", "80000000000000FF", "800000000000000", "80000000000000000", "+000000000000000"]
    {
        assert!(text.parse::<Checksum>().is_err(), "{text}");
    }
}

/// CRC-64 bit by bit, as the standard writes it.
fn slow_crc(bytes: &[u8]) -> u64 {
    !bytes.iter().fold(u64::MAX, |crc, byte| {
        (0..8).fold(crc ^ u64::from(*byte), |crc, _| crc >> 1 ^ if crc & 1 == 1 { 0xd800_0000_0000_0000 } else { 0 })
    })
}

#[test]
fn the_database_checksum_is_the_xor_of_marked_page_checksums() {
    assert_eq!(slow_crc(b"123456789"), 0xb909_56c7_75a4_1001);
    let mut checksum = DatabaseChecksum::new();
    let mut expected = 1u64 << 63;
    for number in [3u32, 1, 2] {
        let data = noise(4096, u64::from(number));
        checksum.add(page(number), &data);
        expected = (expected ^ (slow_crc(&[&number.to_be_bytes()[..], &data].concat()) | 1 << 63)) | 1 << 63;
        assert_eq!(checksum.value().get(), expected);
    }
}

#[test]
fn the_lock_page_does_not_count_in_the_database_checksum() {
    for (page_size, lock_page) in [(512, 2_097_153), (4096, 262_145), (65_536, 16_385)] {
        let mut checksum = DatabaseChecksum::new();
        checksum.add(page(lock_page), &noise(page_size, 1));
        assert_eq!(checksum.value(), Checksum::EMPTY);
        checksum.add(page(lock_page + 1), &noise(page_size, 1));
        assert_ne!(checksum.value(), Checksum::EMPTY);
    }
}

proptest! {
    #[test]
    fn a_file_name_is_read_back(a in 1..=MAX, b in 1..=MAX) {
        let range = TxidRange::new(Txid::new(a.min(b)).unwrap(), Txid::new(a.max(b)).unwrap()).unwrap();
        let name = file_name::format(range);
        prop_assert_eq!(name.len(), 37);
        prop_assert_eq!(file_name::parse(&name), Some(range));
    }

    #[test]
    fn the_order_of_pages_does_not_change_the_database_checksum(
        pages in prop::collection::btree_map(1u32..1000, any::<u64>(), 0..20)
            .prop_map(Vec::from_iter)
            .prop_flat_map(|pages| (Just(pages.clone()), Just(pages).prop_shuffle()))
    ) {
        let value = |pages: &[(u32, u64)]| {
            let mut checksum = DatabaseChecksum::new();
            pages.iter().for_each(|(number, seed)| checksum.add(page(*number), &noise(512, *seed)));
            checksum.value()
        };
        prop_assert_eq!(value(&pages.0), value(&pages.1));
    }
}
