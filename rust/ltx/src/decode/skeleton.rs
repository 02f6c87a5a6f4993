//! The structure of a file, front to back: page numbers, page index, trailer, and their consistency. Pages stay
//! compressed, so this is cheap. Callers expand the pages and compute the checksum.

use std::io::BufRead;

use super::tally::Tally;
use crate::{
    Checksum, Error, Header, PageIndexEntry, PageNumber, Trailer,
    page::{self, PageHeader, PageOrder},
    page_index,
    source::Source,
    values::{Hasher, varint},
};

/// The position of the next read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a page header.
    Pages,
    /// After the end marker, which was not returned yet.
    EndMarker,
    /// Before this many bytes of the page index.
    Index(u64),
    Failed,
}

/// Memory is constant: it grows neither with the number of pages nor with any length that the file claims.
pub(crate) struct Skeleton<R> {
    source: Source<R>,
    header: Header,
    tracked: bool,
    order: PageOrder,
    state: State,
    /// The latest entry of the page index.
    entry: Vec<u8>,
    /// Checksum and length in bytes of the page index that belongs to the pages so far.
    demanded: Hasher,
    demanded_len: u64,
    /// Checksum of the page index as read so far.
    found: Hasher,
}

impl<R: BufRead> Skeleton<R> {
    /// Reads and validates the header. The tally holds the header.
    pub(crate) fn new(reader: R) -> Result<(Self, Tally), Error> {
        let mut source = Source::new(reader);
        let bytes: [u8; Header::LEN] = source.array("header")?;
        let (header, tracked) = Header::decode_tracked(&bytes)?;
        let skeleton = Skeleton {
            source,
            order: PageOrder::new(&header),
            header,
            tracked,
            state: State::Pages,
            entry: Vec::new(),
            demanded: Hasher::new(),
            demanded_len: 0,
            found: Hasher::new(),
        };
        Ok((skeleton, Tally::new(&header, &bytes, tracked)))
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// Appends the next page to `raw` in its stored form. Returns `None` after the last page.
    pub(crate) fn next_page(&mut self, raw: &mut Vec<u8>) -> Result<Option<PageNumber>, Error> {
        match self.state {
            State::Failed => return Err(Error::AlreadyFailed),
            State::EndMarker | State::Index(_) => return Ok(None),
            State::Pages => {}
        }
        let page = self.read_page(raw);
        match page {
            Ok(None) => self.state = State::EndMarker,
            Err(_) => self.state = State::Failed,
            Ok(Some(_)) => {}
        }
        page
    }

    fn read_page(&mut self, raw: &mut Vec<u8>) -> Result<Option<PageNumber>, Error> {
        let offset = self.source.offset();
        let Some(header) = PageHeader::read(&mut self.source)? else {
            self.order.complete()?;
            return Ok(None);
        };
        self.order.accept(header.page)?;
        page::read_raw(&mut self.source, header, self.header.page_size, raw)?;
        self.entry.clear();
        PageIndexEntry { page: header.page, offset, size: self.source.offset() - offset }.put(&mut self.entry);
        self.demand();
        Ok(Some(header.page))
    }

    /// Adds the varints in `entry` to the index that must follow.
    fn demand(&mut self) {
        self.demanded.update(&self.entry);
        self.demanded_len += self.entry.len() as u64;
    }

    /// After the last page: appends the next bytes that the file checksum covers to `covered`, at most `most` bytes of
    /// the page index at a time. Returns the trailer, not proven, once the file has ended correctly.
    pub(crate) fn next_rest(&mut self, covered: &mut Vec<u8>, most: usize) -> Result<Option<Trailer>, Error> {
        let rest = match self.state {
            State::Failed | State::Pages => Err(Error::AlreadyFailed),
            State::EndMarker => {
                covered.extend_from_slice(&page::END_MARKER);
                self.entry.clear();
                varint::put(&mut self.entry, 0);
                self.demand();
                self.state = State::Index(self.demanded_len);
                Ok(None)
            }
            State::Index(0) => self.read_end(covered).map(Some),
            State::Index(left) => self.read_index(covered, left.min(most as u64)).map(|()| None),
        };
        if rest.is_err() {
            self.state = State::Failed;
        }
        rest
    }

    /// Reads `len` bytes of the index. It must equal the index that belongs to the pages byte for byte, so checksums are
    /// compared and nothing is kept.
    fn read_index(&mut self, covered: &mut Vec<u8>, len: u64) -> Result<(), Error> {
        let start = covered.len();
        self.source.append(len as usize, covered, "page index")?;
        self.found.update(&covered[start..]);
        if let State::Index(left) = &mut self.state {
            *left -= len;
        }
        Ok(())
    }

    fn read_end(&mut self, covered: &mut Vec<u8>) -> Result<Trailer, Error> {
        if self.found.value() != self.demanded.value() {
            return Err(Error::PageIndexMismatch);
        }
        let length: [u8; page_index::LENGTH_LEN] = self.source.array("page index")?;
        covered.extend_from_slice(&length);
        let (found, expected) = (u64::from_be_bytes(length), self.demanded_len);
        if found != expected {
            return Err(Error::PageIndexLength { found, expected });
        }
        let post_apply: [u8; 8] = self.source.array("trailer")?;
        covered.extend_from_slice(&post_apply);
        let post_apply_checksum = Trailer::decode_post_apply(post_apply, &self.header, self.tracked)?;
        let stored = u64::from_be_bytes(self.source.array("trailer")?);
        let file_checksum = Checksum::from_wire(stored)?.ok_or(Error::ChecksumMissing("file"))?;
        self.source.expect_end()?;
        Ok(Trailer { post_apply_checksum, file_checksum })
    }
}
