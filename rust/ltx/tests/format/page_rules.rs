//! Which pages a file may hold, for the writer and for the reader.

use crate::support::{BOTH_FORMS, RawPage, assemble, decode, encode, header, noise, page, prose};
use ltx::{Checksum, Decoder, Encoder, Error, Header, PageForm};

/// What the encoder says to these pages of an otherwise valid file.
fn write(header: Header, numbers: &[u32]) -> Result<(), Error> {
    let data = vec![7; header.page_size.bytes()];
    let mut encoder = Encoder::new(Vec::new(), header, PageForm::Block)?;
    numbers.iter().try_for_each(|number| encoder.page(page(*number), &data))?;
    encoder.finish().map(|_| ())
}

/// The same pages as a file that the encoder would not write.
fn forged(header: Header, numbers: &[u32]) -> Vec<u8> {
    let data = vec![7; header.page_size.bytes()];
    let raw: Vec<RawPage> = numbers.iter().map(|number| RawPage::new(*number, &data, PageForm::Block)).collect();
    assemble(&header.encode().unwrap(), &raw, 0)
}

macro_rules! assert_both_refuse {
    ($header:expr, $numbers:expr, $pattern:pat $(if $guard:expr)?) => {
        match write($header, &$numbers) {
            Err($pattern) $(if $guard)? => {}
            other => panic!("the writer said {other:?}"),
        }
        assert_refused!(forged($header, &$numbers), $pattern $(if $guard)?);
    };
}

#[test]
fn pages_stay_within_the_database() {
    assert_both_refuse!(header(512, 3, (2, 2)), [2, 4], Error::PageBeyondCommit { page: p, commit: 3 } if p.get() == 4);
    assert!(write(header(512, 3, (2, 2)), &[3]).is_ok());
}

#[test]
fn pages_ascend_and_none_comes_twice() {
    assert_both_refuse!(header(512, 9, (2, 2)), [5, 4], Error::PageOrder { .. });
    assert_both_refuse!(header(512, 9, (2, 2)), [5, 5], Error::PageOrder { .. });
}

#[test]
fn the_lock_page_is_never_stored() {
    for (page_size, lock_page) in [(512, 2_097_153), (4096, 262_145), (65_536, 16_385)] {
        let header = header(page_size, u32::MAX, (2, 2));
        assert_both_refuse!(header, [1, lock_page], Error::LockPage(p) if p.get() == lock_page);
        assert!(write(header, &[lock_page - 1, lock_page + 1]).is_ok());
        assert!(decode(&forged(header, &[lock_page - 1, lock_page + 1])[..]).is_ok());
    }
}

#[test]
fn a_snapshot_begins_with_page_1_and_leaves_none_out() {
    assert_both_refuse!(header(512, 3, (1, 4)), [2, 3], Error::SnapshotGap { expected, .. } if expected.get() == 1);
    assert_both_refuse!(header(512, 3, (1, 4)), [1, 3], Error::SnapshotGap { expected, .. } if expected.get() == 2);
}

#[test]
fn a_snapshot_goes_on_to_its_last_page() {
    assert_both_refuse!(header(512, 3, (1, 4)), [1, 2], Error::SnapshotIncomplete { missing, .. } if missing.get() == 3);
    assert_both_refuse!(header(512, 3, (1, 4)), [], Error::SnapshotIncomplete { missing, .. } if missing.get() == 1);
}

/// One page more than 1 GiB, so that there is a page on either side of the lock page.
#[test]
fn a_snapshot_skips_the_lock_page_and_only_that() {
    let header = header(65_536, 16_386, (1, 1));
    let zeros = vec![0; 65_536];
    let mut encoder = Encoder::new(Vec::new(), header, PageForm::Block).unwrap();
    for number in 1..=16_384 {
        encoder.page(page(number), &zeros).unwrap();
    }
    assert!(matches!(encoder.page(page(16_385), &zeros), Err(Error::LockPage(_))));
    encoder.page(page(16_386), &zeros).unwrap();
    let (file, _) = encoder.finish().unwrap();

    let (mut decoder, mut data, mut last) = (Decoder::new(&file[..]).unwrap(), Vec::new(), 0);
    while let Some(page) = decoder.next_page(&mut data).unwrap() {
        assert!(page.get() == last + 1 || (page.get(), last) == (16_386, 16_384));
        last = page.get();
    }
    assert_eq!(last, 16_386);
    decoder.finish().unwrap();
}

#[test]
fn a_snapshot_may_end_just_before_the_lock_page_that_the_database_ends_with() {
    let header = header(65_536, 16_385, (1, 1));
    let zeros = vec![0; 65_536];
    let mut encoder = Encoder::new(std::io::sink(), header, PageForm::Block).unwrap();
    for number in 1..=16_384 {
        encoder.page(page(number), &zeros).unwrap();
    }
    assert_eq!(encoder.finish().unwrap().1.pages, 16_384);
}

#[test]
fn an_increment_may_hold_any_subset_even_none() {
    for numbers in [&[][..], &[1], &[2, 5], &[1, 2, 3, 4, 5, 6, 7, 8, 9]] {
        let pages: Vec<_> = numbers.iter().map(|number| (*number, prose(512, 1))).collect();
        assert_eq!(decode(&encode(header(512, 9, (2, 4)), &pages, PageForm::Block)[..]).unwrap().pages, pages);
    }
}

#[test]
fn a_page_has_exactly_the_page_size() {
    let mut encoder = Encoder::new(Vec::new(), header(512, 9, (2, 2)), PageForm::Block).unwrap();
    for len in [0, 511, 513, 1024] {
        let result = encoder.page(page(1), &vec![0; len]);
        assert!(matches!(result, Err(Error::PageLength { found, expected: 512, .. }) if found == len));
    }
}

#[test]
fn a_refused_page_changes_nothing() {
    let header = header(512, 9, (2, 2));
    let mut encoder = Encoder::new(Vec::new(), header, PageForm::Block).unwrap();
    encoder.page(page(3), &prose(512, 3)).unwrap();
    assert!(encoder.page(page(2), &prose(512, 2)).is_err());
    assert!(encoder.page(page(10), &prose(512, 10)).is_err());
    assert!(encoder.page(page(4), &[]).is_err());
    encoder.page(page(4), &prose(512, 4)).unwrap();
    let (file, _) = encoder.finish().unwrap();
    assert_eq!(file, encode(header, &[(3, prose(512, 3)), (4, prose(512, 4))], PageForm::Block));
}

#[test]
fn no_file_is_written_for_an_empty_database() {
    assert!(matches!(write(header(512, 0, (2, 2)), &[]), Err(Error::EmptyDatabase)));
}

#[test]
fn no_file_is_written_with_database_checksums() {
    let header = Header { pre_apply_checksum: Some(Checksum::EMPTY), ..header(512, 1, (2, 2)) };
    assert!(matches!(write(header, &[1]), Err(Error::TrackedWrite)));
}

#[test]
fn after_a_failed_write_the_encoder_goes_no_further() {
    let mut full = [0u8; 150];
    let mut encoder = Encoder::new(&mut full[..], header(512, 999, (2, 2)), PageForm::Frame).unwrap();
    let failed = (1..999).find_map(|number| encoder.page(page(number), &noise(512, 1)).err());
    assert!(matches!(failed, Some(Error::Io(_))));
    assert!(matches!(encoder.page(page(999), &noise(512, 1)), Err(Error::AlreadyFailed)));
    assert!(matches!(encoder.finish(), Err(Error::AlreadyFailed)));
}

#[test]
fn after_a_failed_read_the_decoder_goes_no_further() {
    for form in BOTH_FORMS {
        let file = encode(header(512, 2, (2, 2)), &[(1, noise(512, 1)), (2, noise(512, 2))], form);
        let mut decoder = Decoder::new(&file[..400]).unwrap();
        let mut data = Vec::new();
        assert!(matches!(decoder.next_page(&mut data), Err(Error::Truncated { part: "page", .. })));
        assert!(matches!(decoder.next_page(&mut data), Err(Error::AlreadyFailed)));
        assert!(matches!(decoder.finish(), Err(Error::AlreadyFailed)));
    }
}
