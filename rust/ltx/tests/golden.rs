//! Two files written by Litestream's own library, one in each page form, of one small database.

#![allow(clippy::unwrap_used)]

use ltx::{Decoder, Encoder, Header, PageForm, PageIndex, PageNumber, Timestamp, Trailer};

const BLOCK: &[u8] = include_bytes!("golden/block-0000000000000001-0000000000000001.ltx");
const FRAME: &[u8] = include_bytes!("golden/frame-0000000000000001-0000000000000001.ltx");
const DATABASE: &[u8] = include_bytes!("golden/expected.sqlite3");

fn decode(file: &[u8]) -> (Header, Vec<(PageNumber, Vec<u8>)>, Trailer) {
    let mut decoder = Decoder::new(file).unwrap();
    let header = *decoder.header();
    let (mut pages, mut data) = (Vec::new(), Vec::new());
    while let Some(page) = decoder.next_page(&mut data).unwrap() {
        pages.push((page, data.clone()));
    }
    (header, pages, decoder.finish().unwrap())
}

fn encode(header: Header, pages: &[(PageNumber, Vec<u8>)], form: PageForm) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new(), header, form).unwrap();
    for (page, data) in pages {
        encoder.page(*page, data).unwrap();
    }
    encoder.finish().unwrap().0
}

#[test]
fn both_forms_decode_to_the_golden_database() {
    for file in [BLOCK, FRAME] {
        let (header, pages, _) = decode(file);
        assert_eq!((header.page_size.get(), header.commit), (512, 2));
        assert_eq!(header.timestamp, Timestamp::from_millis(1_767_225_600_000));
        assert!(header.is_snapshot());
        let numbers: Vec<u32> = pages.iter().map(|(page, _)| page.get()).collect();
        assert_eq!(numbers, [1, 2]);
        let content: Vec<u8> = pages.into_iter().flat_map(|(_, data)| data).collect();
        assert_eq!(content, DATABASE);
    }
}

#[test]
fn the_frame_file_encodes_again_byte_for_byte() {
    let (header, pages, _) = decode(FRAME);
    assert_eq!(encode(header, &pages, PageForm::Frame), FRAME);
}

/// Litestream's compressor finds other matches in the first page, so sizes, page index and file checksum differ.
#[test]
fn the_block_file_encodes_again_except_for_what_the_compressor_chose() {
    let (header, pages, _) = decode(BLOCK);
    let again = encode(header, &pages, PageForm::Block);
    assert_eq!(again[..Header::LEN + 8], BLOCK[..Header::LEN + 8]);
    assert_eq!(decode(&again).1, pages);
    let (index, golden) = (index_of(&again), index_of(BLOCK));
    let second = |file: &[u8], index: &PageIndex| {
        let entry = index.get(PageNumber::new(2).unwrap()).unwrap();
        file[entry.offset as usize..(entry.offset + entry.size) as usize].to_vec()
    };
    assert_eq!(second(&again, &index), second(BLOCK, &golden));
}

fn index_of(file: &[u8]) -> PageIndex {
    let range = PageIndex::locate(file, file.len() as u64).unwrap();
    PageIndex::decode(&file[range.start as usize..range.end as usize]).unwrap()
}
