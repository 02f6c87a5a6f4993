//! Two files written by Litestream's own library, one in each page form, of one small database.

use ltx::{Header, PageForm, PageIndex, Timestamp};

use crate::support::{Decoded, decode, encode, index_of, page};

const BLOCK: &[u8] = include_bytes!("../golden/block-0000000000000001-0000000000000001.ltx");
const FRAME: &[u8] = include_bytes!("../golden/frame-0000000000000001-0000000000000001.ltx");
const DATABASE: &[u8] = include_bytes!("../golden/expected.sqlite3");

#[test]
fn both_forms_decode_to_the_golden_database() {
    for file in [BLOCK, FRAME] {
        let Decoded { header, pages, .. } = decode(file).unwrap();
        assert_eq!((header.page_size.get(), header.commit), (512, 2));
        assert_eq!(header.timestamp, Timestamp::from_millis(1_767_225_600_000));
        assert!(header.is_snapshot());
        let numbers: Vec<u32> = pages.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [1, 2]);
        let content: Vec<u8> = pages.into_iter().flat_map(|(_, data)| data).collect();
        assert_eq!(content, DATABASE);
    }
}

#[test]
fn the_frame_file_encodes_again_byte_for_byte() {
    let Decoded { header, pages, .. } = decode(FRAME).unwrap();
    assert_eq!(encode(header, &pages, PageForm::Frame), FRAME);
}

/// Litestream's compressor finds other matches in the first page, so sizes, page index and file checksum differ.
#[test]
fn the_block_file_encodes_again_except_for_what_the_compressor_chose() {
    let Decoded { header, pages, .. } = decode(BLOCK).unwrap();
    let again = encode(header, &pages, PageForm::Block);
    assert_eq!(again[..Header::LEN + 8], BLOCK[..Header::LEN + 8]);
    assert_eq!(decode(&again[..]).unwrap().pages, pages);
    let (index, golden) = (index_of(&again), index_of(BLOCK));
    let second = |file: &[u8], index: &PageIndex| {
        let entry = index.get(page(2)).unwrap();
        file[entry.offset as usize..(entry.offset + entry.size) as usize].to_vec()
    };
    assert_eq!(second(&again, &index), second(BLOCK, &golden));
}
