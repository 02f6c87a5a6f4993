//! The WAL as bytes, against files that SQLite wrote: page size 512, five frames of the second run (commits at frames
//! 1 and 5), three stale frames of the first run behind them. `big.wal` is `little.wal` with its checksums in the other
//! byte order; a replicator test lets SQLite itself judge it.
#![allow(clippy::unwrap_used)]

use std::{cell::Cell, io};

use litestream_replicator::sqlite::wal::{FrameCount, ReadAt, WalIndex, WalPosition, WalReader, read_commits};
use ltx::{PageNumber, Salt};

const LITTLE: &[u8] = include_bytes!("fixtures/wal/little.wal");
const BIG: &[u8] = include_bytes!("fixtures/wal/big.wal");
const WAL_INDEX: &[u8; WalIndex::LEN] = include_bytes!("fixtures/wal/wal-index");

const FRAME: usize = 24 + 512;
const EVERYTHING: FrameCount = FrameCount(u32::MAX);

fn page(number: u32) -> PageNumber {
    PageNumber::new(number).unwrap()
}

/// How many frames belong, and where the reader stands after them.
fn frames_of(wal: &[u8], limit: FrameCount) -> (u32, Option<WalPosition>) {
    let Some(mut reader) = WalReader::from_start(wal, limit).unwrap() else { return (0, None) };
    let mut frames = 0;
    while let Some(frame) = reader.next_frame().unwrap() {
        frames += 1;
        assert_eq!(frame.number, FrameCount(frames));
        assert_eq!(frame.data, &wal[32 + (frames as usize - 1) * FRAME + 24..][..512]);
    }
    (frames, Some(reader.position()))
}

#[test]
fn both_byte_orders_yield_the_frames_of_the_newest_run_and_no_stale_one() {
    for wal in [LITTLE, BIG] {
        assert_eq!(wal.len(), 32 + 8 * FRAME);
        assert_eq!(frames_of(wal, EVERYTHING).0, 5);
    }
}

#[test]
fn the_running_checksum_ends_at_the_one_of_the_wal_index() {
    let index = WalIndex::decode(WAL_INDEX).unwrap();
    let (frames, end) = frames_of(LITTLE, index.frames);
    assert_eq!((frames, index.frames, index.commit, index.backfilled), (5, FrameCount(5), 6, FrameCount(0)));
    let end = end.unwrap();
    assert_eq!((end.checksum, end.salt), (index.checksum, index.salt));
}

#[test]
fn commits_carry_the_newest_frame_of_every_page() {
    for wal in [LITTLE, BIG] {
        let mut reader = WalReader::from_start(wal, EVERYTHING).unwrap().unwrap();
        let commits = read_commits(&mut reader, u64::MAX).unwrap().unwrap();
        let pages: Vec<(u32, u32)> = commits.pages.iter().map(|(page, frame)| (page.get(), frame.0)).collect();
        assert_eq!(pages, [(1, 2), (3, 1), (4, 3), (5, 4), (6, 5)]);
        assert_eq!((commits.commit, commits.start.frames, commits.end.frames), (6, FrameCount(0), FrameCount(5)));
        assert_eq!(commits.pages.get(page(5)), Some(FrameCount(4)));
        assert_eq!(commits.pages.get(page(2)), None);
    }
}

#[test]
fn an_unfinished_transaction_is_left_for_later() {
    let mut reader = WalReader::from_start(LITTLE, FrameCount(4)).unwrap().unwrap();
    let commits = read_commits(&mut reader, u64::MAX).unwrap().unwrap();
    assert_eq!((commits.end.frames, commits.commit, commits.pages.len()), (FrameCount(1), 5, 1));

    let mut reader = WalReader::resume(LITTLE, commits.end, FrameCount(4)).unwrap().unwrap();
    assert!(read_commits(&mut reader, u64::MAX).unwrap().is_none());
}

#[test]
fn a_byte_limit_cuts_behind_a_commit_and_reading_resumes_there() {
    let mut reader = WalReader::from_start(LITTLE, EVERYTHING).unwrap().unwrap();
    let first = read_commits(&mut reader, 1).unwrap().unwrap();
    assert_eq!((first.end.frames, first.commit), (FrameCount(1), 5));

    let mut reader = WalReader::resume(LITTLE, first.end, EVERYTHING).unwrap().unwrap();
    let second = read_commits(&mut reader, 1).unwrap().unwrap();
    assert_eq!((second.start, second.end.frames, second.commit), (first.end, FrameCount(5), 6));
}

#[test]
fn resuming_refuses_other_salts_and_another_checksum() {
    let mut reader = WalReader::from_start(LITTLE, FrameCount(1)).unwrap().unwrap();
    reader.next_frame().unwrap().unwrap();
    let at = reader.position();

    let restarted = WalPosition { salt: Salt(at.salt.0.wrapping_sub(1), at.salt.1), ..at };
    assert!(WalReader::resume(LITTLE, restarted, EVERYTHING).unwrap().is_none());

    let mut other = at;
    other.checksum.0 ^= 1;
    let mut reader = WalReader::resume(LITTLE, other, EVERYTHING).unwrap().unwrap();
    assert!(reader.next_frame().unwrap().is_none());
}

/// The checksum does not cover a frame's salts: each must be compared.
#[test]
fn a_frame_with_either_salt_wrong_does_not_belong() {
    for byte in 8..16 {
        let mut wal = LITTLE.to_vec();
        wal[32 + 2 * FRAME + byte] ^= 1;
        assert_eq!(frames_of(&wal, EVERYTHING).0, 2, "salt byte {byte}");
    }
}

#[test]
fn a_changed_bit_ends_the_wal_where_it_lies() {
    for wal in [LITTLE, BIG] {
        for at in 0..32 + 5 * FRAME {
            let mut changed = wal.to_vec();
            changed[at] ^= 0x10;
            let intact = at.saturating_sub(32) / FRAME;
            assert_eq!(frames_of(&changed, EVERYTHING).0 as usize, intact, "byte {at}");
        }
    }
}

#[test]
fn a_wal_cut_at_any_byte_yields_its_whole_frames() {
    for len in 0..32 + 5 * FRAME {
        let whole = len.saturating_sub(32) / FRAME;
        assert_eq!(frames_of(&LITTLE[..len], EVERYTHING).0 as usize, whole, "{len} bytes");
    }
}

#[test]
fn a_wal_index_in_the_middle_of_a_change_is_not_read() {
    for at in 0..96 {
        let mut bytes = *WAL_INDEX;
        bytes[at] ^= 1;
        assert_eq!(WalIndex::decode(&bytes), None, "byte {at}");
    }
    assert_eq!(WalIndex::decode(&[0; WalIndex::LEN]), None);
}

/// Both copies agree, but neither was finished.
#[test]
fn a_wal_index_whose_own_checksum_is_wrong_is_not_read() {
    for at in 0..48 {
        let mut bytes = *WAL_INDEX;
        bytes[at] ^= 1;
        bytes[48 + at] ^= 1;
        assert_eq!(WalIndex::decode(&bytes), None, "byte {at}");
    }
}

struct Counting<'a>(&'a [u8], Cell<u32>);

impl ReadAt for Counting<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.1.set(self.1.get() + 1);
        self.0.read_at(buffer, offset)
    }
}

#[test]
fn many_frames_cost_one_read() {
    let source = Counting(LITTLE, Cell::new(0));
    let mut reader = WalReader::from_start(&source, FrameCount(5)).unwrap().unwrap();
    while reader.next_frame().unwrap().is_some() {}
    assert_eq!(source.1.get(), 2, "the header, then all frames");
}
