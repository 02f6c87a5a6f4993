//! Every rule of the 100 header bytes.

use crate::support::{assemble, decode, header};
use ltx::{Checksum, Error, Header, Salt, Timestamp, Txid, ValueError, WalSpan};
use proptest::prelude::*;

fn incremental() -> Header {
    header(4096, 3, (5, 7))
}

fn snapshot() -> Header {
    header(4096, 3, (1, 7))
}

fn checksum() -> Checksum {
    "8000000000000007".parse().unwrap()
}

/// The header's bytes, with others written over them.
fn patched(header: Header, at: usize, bytes: &[u8]) -> Result<Header, Error> {
    let mut encoded = header.encode().unwrap();
    encoded[at..at + bytes.len()].copy_from_slice(bytes);
    Header::decode(&encoded)
}

#[test]
fn fields_lie_where_the_format_puts_them() {
    let header = Header {
        timestamp: Timestamp::from_millis(-2),
        wal: WalSpan { offset: 0x101, size: 0x202, salt: Salt(0x0303_0303, 0x0404_0404) },
        pre_apply_checksum: Some(checksum()),
        node_id: 0x0505,
        ..incremental()
    };
    let mut expected = Vec::new();
    expected.extend_from_slice(b"LTX1\0\0\0\0\0\0\x10\0\0\0\0\x03");
    expected.extend_from_slice(b"\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\x07");
    expected.extend_from_slice(b"\xff\xff\xff\xff\xff\xff\xff\xfe\x80\0\0\0\0\0\0\x07");
    expected.extend_from_slice(b"\0\0\0\0\0\0\x01\x01\0\0\0\0\0\0\x02\x02\x03\x03\x03\x03\x04\x04\x04\x04");
    expected.extend_from_slice(b"\0\0\0\0\0\0\x05\x05");
    expected.extend_from_slice(&[0; 20]);
    let encoded = header.encode().unwrap();
    assert_eq!(encoded[..], expected);
    assert_eq!(Header::decode(&encoded).unwrap(), header);
}

#[test]
fn without_a_pre_apply_checksum_the_header_says_that_there_are_none() {
    assert_eq!(snapshot().encode().unwrap()[4..8], [0, 0, 0, 2]);
    assert_eq!(incremental().encode().unwrap()[4..8], [0, 0, 0, 2]);
}

#[test]
fn any_other_magic_is_refused() {
    for magic in [b"LTX2", b"ltx1", b"SQLi"] {
        assert!(matches!(patched(snapshot(), 0, magic), Err(Error::BadMagic(found)) if found == *magic));
    }
}

#[test]
fn every_flag_but_no_checksum_is_refused() {
    for bit in (0..32).filter(|bit| *bit != 1) {
        let flags = 2u32 | 1 << bit;
        let result = patched(snapshot(), 4, &flags.to_be_bytes());
        assert!(matches!(result, Err(Error::BadHeaderFlags(found)) if found == flags), "bit {bit}");
    }
}

#[test]
fn page_sizes_are_powers_of_two_from_512_to_65536() {
    for exponent in 0..32 {
        let size = 1u32 << exponent;
        let valid = (9..=16).contains(&exponent);
        assert_eq!(patched(snapshot(), 8, &size.to_be_bytes()).is_ok(), valid, "{size}");
    }
    for size in [0, 511, 513, 4095, 4097, 65_537, u32::MAX] {
        let result = patched(snapshot(), 8, &size.to_be_bytes());
        assert!(matches!(result, Err(Error::Value(ValueError::BadPageSize(found))) if found == size), "{size}");
    }
}

#[test]
fn txids_begin_at_one_and_each_has_a_next_one() {
    for value in [0, u64::MAX] {
        for (at, field) in [(16, "first"), (24, "last")] {
            let refused = patched(incremental(), at, &value.to_be_bytes());
            let names_it = |which, found| which == field && found == value;
            assert!(
                matches!(refused, Err(Error::BadHeaderTxid { which, value }) if names_it(which, value)),
                "{value:x}"
            );
        }
    }
    let last = patched(incremental(), 24, &Txid::MAX.get().to_be_bytes()).unwrap();
    assert!(last.txids.max() == Txid::MAX && last.txids.max() < last.txids.max().next());
}

#[test]
fn the_last_txid_is_not_before_the_first() {
    assert!(matches!(patched(incremental(), 24, &4u64.to_be_bytes()), Err(Error::Value(ValueError::TxidOrder { .. }))));
    assert!(patched(incremental(), 24, &5u64.to_be_bytes()).is_ok());
}

#[test]
fn a_negative_wal_offset_or_size_is_refused_when_read_and_when_written() {
    for (at, name) in [(48, "offset"), (56, "size")] {
        let result = patched(incremental(), at, &(-1i64).to_be_bytes());
        assert!(matches!(result, Err(Error::WalRange { field, .. }) if field == name));
    }
    for wal in
        [WalSpan { offset: 1 << 63, ..WalSpan::default() }, WalSpan { offset: 32, size: 1 << 63, ..WalSpan::default() }]
    {
        assert!(matches!(Header { wal, ..incremental() }.encode(), Err(Error::WalRange { .. })));
    }
}

#[test]
fn wal_salts_need_a_wal_offset() {
    for salt in [Salt(1, 0), Salt(0, 1)] {
        let wal = WalSpan { offset: 0, size: 0, salt };
        assert!(matches!(Header { wal, ..incremental() }.encode(), Err(Error::WalOffsetMissing("salt"))));
        let wal = WalSpan { offset: 32, ..wal };
        assert!(Header { wal, ..incremental() }.encode().is_ok());
    }
    assert!(matches!(patched(incremental(), 64, &[1]), Err(Error::WalOffsetMissing("salt"))));
}

#[test]
fn a_wal_size_needs_a_wal_offset() {
    let wal = WalSpan { size: 1, ..WalSpan::default() };
    assert!(matches!(Header { wal, ..incremental() }.encode(), Err(Error::WalOffsetMissing("size"))));
    assert!(matches!(patched(incremental(), 63, &[1]), Err(Error::WalOffsetMissing("size"))));
}

#[test]
fn a_file_is_a_snapshot_exactly_if_it_begins_at_txid_1() {
    assert!(snapshot().is_snapshot());
    assert!(!incremental().is_snapshot());
    assert!(!header(4096, 3, (2, 2)).is_snapshot());
}

#[test]
fn a_snapshot_has_no_pre_apply_checksum() {
    let tracked = Header { pre_apply_checksum: Some(checksum()), ..snapshot() };
    assert!(matches!(tracked.encode(), Err(Error::PreChecksumOnSnapshot)));
    assert!(matches!(patched(snapshot(), 40, &[0x80]), Err(Error::PreChecksumOnSnapshot)));
}

#[test]
fn a_pre_apply_checksum_must_be_announced() {
    assert!(matches!(patched(incremental(), 40, &[0x80]), Err(Error::ChecksumUnannounced("pre-apply"))));
}

#[test]
fn an_announced_pre_apply_checksum_must_be_there() {
    assert!(matches!(patched(incremental(), 4, &[0; 4]), Err(Error::ChecksumMissing("pre-apply"))));
}

#[test]
fn a_pre_apply_checksum_has_its_top_bit_set() {
    let tracked = Header { pre_apply_checksum: Some(checksum()), ..incremental() };
    assert!(matches!(
        patched(tracked, 40, &[0x7f]),
        Err(Error::Value(ValueError::ChecksumUnmarked(0x7f00_0000_0000_0007)))
    ));
}

#[test]
fn a_header_may_announce_an_empty_database() {
    assert_eq!(patched(incremental(), 12, &[0; 4]).unwrap().commit, 0);
}

#[test]
fn reserved_bytes_are_ignored_but_covered_by_the_file_checksum() {
    let mut encoded = header(512, 0, (5, 7)).encode().unwrap();
    encoded[15] = 1;
    encoded[80..].fill(0xaa);
    let mut file = assemble(&encoded, &[], 0);
    assert_eq!(decode(&file[..]).unwrap().header, header(512, 1, (5, 7)));
    file[99] ^= 1;
    assert_refused!(file, Error::FileChecksum { .. });
}

proptest! {
    #[test]
    fn a_valid_header_survives_the_round_trip(
        exponent in 9u32..=16, commit: u32, min in 1..u64::MAX, more: u64, millis: i64,
        offset in 1..=i64::MAX as u64, size in 0..=i64::MAX as u64, salt: (u32, u32), node_id: u64, tracked: bool, pre: u64,
    ) {
        let header = Header {
            timestamp: Timestamp::from_millis(millis),
            wal: WalSpan { offset, size, salt: Salt(salt.0, salt.1) },
            pre_apply_checksum: (tracked && min != 1).then(|| format!("{:016x}", pre | 1 << 63).parse().unwrap()),
            node_id,
            ..header(1 << exponent, commit, (min, min.saturating_add(more).min(Txid::MAX.get())))
        };
        prop_assert_eq!(Header::decode(&header.encode().unwrap()).unwrap(), header);
    }

    #[test]
    fn any_100_bytes_are_a_header_or_an_error(bytes in prop::collection::vec(any::<u8>(), 96)) {
        let mut encoded = [0; Header::LEN];
        encoded[..4].copy_from_slice(b"LTX1");
        encoded[4..].copy_from_slice(&bytes);
        let _ = Header::decode(&encoded);
    }
}
