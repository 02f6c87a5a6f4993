//! The two checksums that close a file, and what database checksums demand.

use crate::support::{RawPage, assemble, decode, encode, header, noise, page, prose};
use ltx::{Checksum, DatabaseChecksum, Error, Header, PageForm, ValueError};

const MARK: u64 = 1 << 63;

fn untracked() -> [u8; Header::LEN] {
    header(512, 2, (1, 3)).encode().unwrap()
}

/// A snapshot whose flags announce database checksums.
fn tracked_snapshot() -> [u8; Header::LEN] {
    let mut bytes = untracked();
    bytes[7] = 0;
    bytes
}

fn tracked_increment(commit: u32) -> [u8; Header::LEN] {
    Header { pre_apply_checksum: Some(Checksum::EMPTY), ..header(512, commit, (2, 3)) }.encode().unwrap()
}

fn pages() -> [RawPage; 2] {
    [1, 2].map(|n| RawPage::new(n, &prose(512, u64::from(n)), PageForm::Block))
}

fn database() -> Checksum {
    let mut checksum = DatabaseChecksum::new();
    checksum.add(page(2), &prose(512, 2));
    checksum.add(page(1), &prose(512, 1));
    checksum.value()
}

#[test]
fn an_untracked_file_closes_with_the_file_checksum_alone() {
    let file = assemble(&untracked(), &pages(), 0);
    let trailer = decode(&file[..]).unwrap().trailer;
    assert_eq!(trailer.post_apply_checksum, None);
    assert_eq!(trailer.file_checksum.get().to_be_bytes(), file[file.len() - 8..]);
}

#[test]
fn a_post_apply_checksum_must_be_announced() {
    assert_refused!(assemble(&untracked(), &pages(), MARK | 5), Error::ChecksumUnannounced("post-apply"));
}

#[test]
fn an_announced_post_apply_checksum_must_be_there() {
    assert_refused!(assemble(&tracked_increment(2), &pages(), 0), Error::ChecksumMissing("post-apply"));
    assert_refused!(assemble(&tracked_snapshot(), &pages(), 0), Error::ChecksumMissing("post-apply"));
}

#[test]
fn a_post_apply_checksum_has_its_top_bit_set() {
    assert_refused!(assemble(&tracked_increment(2), &pages(), 5), Error::Value(ValueError::ChecksumUnmarked(5)));
}

#[test]
fn an_increment_with_database_checksums_is_read() {
    let file = assemble(&tracked_increment(2), &pages(), MARK | 5);
    let decoded = decode(&file[..]).unwrap();
    assert_eq!(decoded.header.pre_apply_checksum, Some(Checksum::EMPTY));
    assert_eq!(decoded.trailer.post_apply_checksum.unwrap().get(), MARK | 5);
}

#[test]
fn a_snapshot_with_database_checksums_must_have_that_of_its_pages() {
    let file = assemble(&tracked_snapshot(), &pages(), database().get());
    assert_eq!(decode(&file[..]).unwrap().trailer.post_apply_checksum, Some(database()));
    let file = assemble(&tracked_snapshot(), &pages(), database().get() ^ 1);
    assert_refused!(file, Error::PostChecksum { computed, .. } if computed == database());
}

#[test]
fn an_empty_database_must_have_the_empty_checksum() {
    let deletion = assemble(&tracked_increment(0), &[], MARK);
    assert_eq!(decode(&deletion[..]).unwrap().trailer.post_apply_checksum, Some(Checksum::EMPTY));
    assert_refused!(assemble(&tracked_increment(0), &[], MARK | 5), Error::EmptyDatabase);
    let mut untracked = tracked_increment(0);
    untracked[7] = 2;
    untracked[40] = 0;
    assert_refused!(assemble(&untracked, &[], 0), Error::EmptyDatabase);
}

#[test]
fn the_file_checksum_must_be_right_and_present() {
    let good = assemble(&untracked(), &pages(), 0);
    let at = good.len() - 8;
    let with = |value: u64| [&good[..at], &value.to_be_bytes()].concat();
    let stored = u64::from_be_bytes(good[at..].try_into().unwrap());
    assert_refused!(with(stored ^ 1), Error::FileChecksum { .. });
    assert_refused!(with(stored & !MARK), Error::Value(ValueError::ChecksumUnmarked(_)));
    assert_refused!(with(0), Error::ChecksumMissing("file"));
}

/// The stored form of incompressible pages keeps its length, so only the content gives the change away.
#[test]
fn the_file_checksum_covers_the_uncompressed_pages() {
    let mut file = encode(header(512, 1, (1, 1)), &[(1, noise(512, 1))], PageForm::Block);
    file[300] ^= 1;
    assert_refused!(file, Error::FileChecksum { .. });
}

#[test]
fn nothing_may_follow_the_trailer() {
    let mut file = assemble(&untracked(), &pages(), 0);
    let offset = file.len() as u64;
    file.push(0);
    assert_refused!(file, Error::TrailingBytes { offset: found } if found == offset);
}
