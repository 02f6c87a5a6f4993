//! The page index: the offset of each page in its file. It follows the end marker of the pages.
//!
//! ```text
//! per page, ascending:  varint page number · varint offset of its page header · varint bytes from there
//! terminator:           varint 0
//! length:               u64, bytes of all the varints with the terminator
//! ```
//! Pages follow each other without a gap from the end of the file's header, so each offset follows from the sizes before it.

use std::ops::Range;

use crate::{Error, Header, PageNumber, Trailer, page, values::varint};

/// Length of the length field at the end of an index, in bytes.
pub(crate) const LENGTH_LEN: usize = 8;

/// The place of one page in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PageIndexEntry {
    /// The number of the page.
    pub page: PageNumber,
    /// Bytes before its page header, from the beginning of the file.
    pub offset: u64,
    /// Bytes of the page and its page header.
    pub size: u64,
}

impl PageIndexEntry {
    /// The longest form of the three varints, in bytes.
    pub(crate) const LONGEST: usize = 5 + 10 + 10;

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        varint::put(out, u64::from(self.page.get()));
        varint::put(out, self.offset);
        varint::put(out, self.size);
    }
}

/// Every page of a file, ascending. An index alone is not proven: the file checksum needs the whole file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PageIndex(Vec<PageIndexEntry>);

impl PageIndex {
    /// Bytes from the end of a file that [`PageIndex::locate`] needs.
    pub const TAIL_LEN: usize = LENGTH_LEN + Trailer::LEN;

    /// Returns the range of the index, without its length field, in a file of `file_size` bytes. `tail` is the end of the
    /// file, at least [`PageIndex::TAIL_LEN`] bytes. If it contains the range, nothing more needs to be fetched.
    pub fn locate(tail: &[u8], file_size: u64) -> Result<Range<u64>, Error> {
        let length_at = tail.len().checked_sub(PageIndex::TAIL_LEN);
        let length = length_at.and_then(|at| tail[at..].first_chunk::<LENGTH_LEN>());
        let length = u64::from_be_bytes(*length.ok_or(Error::Truncated { part: "page index", offset: file_size })?);
        let before_index = (Header::LEN + page::HEADER_LEN) as u64;
        let end = file_size.checked_sub(PageIndex::TAIL_LEN as u64);
        let limit = end.and_then(|end| end.checked_sub(before_index)).unwrap_or(0);
        match end {
            Some(end) if (1..=limit).contains(&length) => Ok(end - length..end),
            _ => Err(Error::PageIndexLength { found: length, expected: limit }),
        }
    }

    /// Decodes an index, from its first varint to its terminator.
    pub fn decode(bytes: &[u8]) -> Result<PageIndex, Error> {
        let mut rest = bytes;
        let mut next = || varint::take(&mut rest).ok_or(Error::BadPageIndex("it ends inside a number"));
        let mut entries: Vec<PageIndexEntry> = Vec::new();
        let mut expected = Header::LEN as u64;
        loop {
            let page = u32::try_from(next()?).map_err(|_| Error::BadPageIndex("a page number exceeds 32 bits"))?;
            let Some(page) = PageNumber::new(page) else { break };
            let entry = PageIndexEntry { page, offset: next()?, size: next()? };
            if entries.last().is_some_and(|last| last.page >= page) {
                return Err(Error::BadPageIndex("page numbers do not ascend"));
            }
            if entry.offset != expected || entry.size <= page::HEADER_LEN as u64 {
                return Err(Error::BadPageIndex("pages do not lie side by side"));
            }
            expected = entry.offset.checked_add(entry.size).ok_or(Error::BadPageIndex("a page ends beyond 64 bits"))?;
            entries.push(entry);
        }
        if rest.is_empty() { Ok(PageIndex(entries)) } else { Err(Error::BadPageIndex("bytes follow its terminator")) }
    }

    /// Encodes the varints with their terminator, without the length field.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for entry in &self.0 {
            entry.put(&mut out);
        }
        varint::put(&mut out, 0);
        out
    }

    /// The place of a page; `None` if the file does not hold it.
    pub fn get(&self, page: PageNumber) -> Option<PageIndexEntry> {
        self.0.binary_search_by_key(&page, |entry| entry.page).ok().map(|at| self.0[at])
    }

    /// All pages, ascending.
    pub fn entries(&self) -> &[PageIndexEntry] {
        &self.0
    }
}
