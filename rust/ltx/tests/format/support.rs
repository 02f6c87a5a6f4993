//! What the tests share: small files, also ones that the encoder would never write.

use crc_fast::{CrcAlgorithm, Digest};
use ltx::{
    Decoder, Encoder, Error, Header, PageForm, PageIndex, PageIndexEntry, PageNumber, PageSize, Timestamp, Trailer,
    Txid, TxidRange, WalSpan,
};

pub const BOTH_FORMS: [PageForm; 2] = [PageForm::Block, PageForm::Frame];

pub fn page(number: u32) -> PageNumber {
    PageNumber::new(number).unwrap()
}

pub fn txids(min: u64, max: u64) -> TxidRange {
    TxidRange::new(Txid::new(min).unwrap(), Txid::new(max).unwrap()).unwrap()
}

/// As Litestream would write it, but without WAL fields.
pub fn header(page_size: u32, commit: u32, (min, max): (u64, u64)) -> Header {
    Header {
        page_size: PageSize::new(page_size).unwrap(),
        commit,
        txids: txids(min, max),
        timestamp: Timestamp::from_millis(1_767_225_600_000),
        wal: WalSpan::default(),
        pre_apply_checksum: None,
        node_id: 0,
    }
}

/// Pseudo-random bytes, which no compressor shortens.
pub fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

/// Text with the seed in it, which compresses well.
pub fn prose(len: usize, seed: u64) -> Vec<u8> {
    format!("row {seed} of the table; ").bytes().cycle().take(len).collect()
}

pub type Page = (u32, Vec<u8>);

pub fn encode(header: Header, pages: &[Page], form: PageForm) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new(), header, form).unwrap();
    for (number, data) in pages {
        encoder.page(page(*number), data).unwrap();
    }
    let (file, summary) = encoder.finish().unwrap();
    assert_eq!((summary.size, summary.pages), (file.len() as u64, pages.len() as u32));
    file
}

#[derive(PartialEq, Eq, Debug)]
pub struct Decoded {
    pub header: Header,
    pub pages: Vec<Page>,
    pub trailer: Trailer,
}

pub fn decode(file: impl std::io::Read) -> Result<Decoded, Error> {
    let mut decoder = Decoder::new(file)?;
    let header = *decoder.header();
    let (mut pages, mut data) = (Vec::new(), Vec::new());
    while let Some(page) = decoder.next_page(&mut data)? {
        pages.push((page.get(), data.clone()));
    }
    Ok(Decoded { header, pages, trailer: decoder.finish()? })
}

/// The bytes of a page in a file, its page header first, and what they expand to.
#[derive(Clone)]
pub struct RawPage {
    pub bytes: Vec<u8>,
    pub data: Vec<u8>,
}

impl RawPage {
    pub fn new(number: u32, data: &[u8], form: PageForm) -> RawPage {
        let file = encode(header(data.len() as u32, 1, (2, 2)), &[(1, data.to_vec())], form);
        let mut bytes = raw_pages(&file)[0].to_vec();
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        RawPage { bytes, data: data.to_vec() }
    }

    fn number(&self) -> u32 {
        u32::from_be_bytes(self.bytes[..4].try_into().unwrap())
    }

    /// What the file checksum covers besides the page itself.
    fn prefix(&self) -> &[u8] {
        let sized = self.bytes[5] & 1 == 1;
        &self.bytes[..if sized { 10 } else { 6 }]
    }
}

/// An LZ4 block of literals only.
pub fn literals(data: &[u8]) -> Vec<u8> {
    let mut block = vec![0xf0];
    let mut left = data.len() - 15;
    while left >= 255 {
        block.push(255);
        left -= 255;
    }
    block.push(left as u8);
    block.extend_from_slice(data);
    block
}

/// Page 3 as a block.
pub fn block_page(block: &[u8]) -> Vec<u8> {
    let mut bytes = b"\0\0\0\x03\0\x01".to_vec();
    bytes.extend_from_slice(&(block.len() as u32).to_be_bytes());
    bytes.extend_from_slice(block);
    bytes
}

/// A file of any parts, with the page index and the file checksum that they call for.
pub fn assemble(header: &[u8; Header::LEN], pages: &[RawPage], post_apply_checksum: u64) -> Vec<u8> {
    let mut digest = Digest::new(CrcAlgorithm::Crc64GoIso);
    digest.update(header);
    let (mut file, mut index) = (header.to_vec(), Vec::new());
    for page in pages {
        digest.update(page.prefix());
        digest.update(&page.data);
        for value in [u64::from(page.number()), file.len() as u64, page.bytes.len() as u64] {
            index.extend(varint(value));
        }
        file.extend_from_slice(&page.bytes);
    }
    index.push(0);
    let mut rest = vec![0; 6];
    rest.extend_from_slice(&index);
    rest.extend_from_slice(&(index.len() as u64).to_be_bytes());
    rest.extend_from_slice(&post_apply_checksum.to_be_bytes());
    digest.update(&rest);
    file.extend_from_slice(&rest);
    file.extend_from_slice(&(digest.finalize() | 1 << 63).to_be_bytes());
    file
}

pub fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// The bytes of each page of a file.
pub fn raw_pages(file: &[u8]) -> Vec<&[u8]> {
    let range = |entry: &PageIndexEntry| entry.offset as usize..(entry.offset + entry.size) as usize;
    index_of(file).entries().iter().map(|entry| &file[range(entry)]).collect()
}

/// The page index, found from the end of a whole file.
pub fn index_of(file: &[u8]) -> PageIndex {
    let range = PageIndex::locate(file, file.len() as u64).unwrap();
    PageIndex::decode(&file[range.start as usize..range.end as usize]).unwrap()
}

/// The error that reading the whole file ends with.
pub fn failure(file: &[u8]) -> Error {
    match decode(file) {
        Err(error) => error,
        Ok(_) => panic!("the file was accepted"),
    }
}

/// Asserts that reading `$file` fails with the error of this pattern.
macro_rules! assert_refused {
    ($file:expr, $pattern:pat $(if $guard:expr)?) => {
        match $crate::support::failure(&$file) {
            $pattern $(if $guard)? => {}
            other => panic!("refused for another reason: {other}"),
        }
    };
}
