//! Reads one LTX file front to back, without knowing its size. The pages that it returns are proven once `finish` has
//! succeeded.

use std::io::{BufReader, Read};

use super::{skeleton::Skeleton, tally::Tally};
use crate::{
    Error, Header, PageNumber, Trailer,
    page::{self, EncodedPage},
};

/// Bytes requested from the reader at once. A merge holds one such buffer per input.
const BUFFER_LEN: usize = 16 * 1024;

/// Bytes of the page index read at a time.
const INDEX_PIECE: usize = 1024;

/// Decodes from `R` in large reads; no buffer around it is needed. Memory is constant: it grows neither with the
/// number of pages nor with any length that the file claims.
#[must_use = "nothing read is proven until the file is finished"]
pub struct Decoder<R> {
    skeleton: Skeleton<BufReader<R>>,
    tally: Tally,
    failed: bool,
    /// The latest page.
    page: EncodedPage,
}

impl<R: Read> Decoder<R> {
    /// Reads and validates the header.
    pub fn new(reader: R) -> Result<Self, Error> {
        let (skeleton, tally) = Skeleton::new(BufReader::with_capacity(BUFFER_LEN, reader))?;
        Ok(Decoder { skeleton, tally, failed: false, page: EncodedPage::default() })
    }

    /// The header, validated but not proven.
    pub fn header(&self) -> &Header {
        self.skeleton.header()
    }

    /// Reads the next page into `buf`, which becomes exactly one page long. Returns `None` after the last page. After an
    /// error the content of `buf` is undefined.
    pub fn next_page(&mut self, buf: &mut Vec<u8>) -> Result<Option<PageNumber>, Error> {
        // So that the read fills the caller's buffer.
        std::mem::swap(buf, &mut self.page.data);
        let page = self.advance();
        std::mem::swap(buf, &mut self.page.data);
        page
    }

    /// Reads the next page into [`Decoder::page`]; `None` after the last one.
    pub(crate) fn advance(&mut self) -> Result<Option<PageNumber>, Error> {
        if self.failed {
            return Err(Error::AlreadyFailed);
        }
        let page = self.read_page();
        self.failed = page.is_err();
        page
    }

    /// The latest page. The caller may swap its buffers.
    pub(crate) fn page(&mut self) -> &mut EncodedPage {
        &mut self.page
    }

    fn read_page(&mut self) -> Result<Option<PageNumber>, Error> {
        let page_size = self.header().page_size;
        let EncodedPage { bytes, data } = &mut self.page;
        data.resize(page_size.bytes(), 0);
        bytes.clear();
        let Some(page) = self.skeleton.next_page(bytes)? else { return Ok(None) };
        page::expand(bytes, page, data)?;
        self.tally.add(page::covered(bytes));
        self.tally.add_page(page, data);
        Ok(Some(page))
    }

    /// Reads the rest of the file, including pages that were not requested, and checks everything: page index, trailer,
    /// file checksum, and the end of the file. After that, the returned pages are proven to be those that were written.
    pub fn finish(mut self) -> Result<Trailer, Error> {
        while self.advance()?.is_some() {}
        let mut covered = std::mem::take(&mut self.page.bytes);
        loop {
            covered.clear();
            let trailer = self.skeleton.next_rest(&mut covered, INDEX_PIECE)?;
            self.tally.add(&covered);
            if let Some(trailer) = trailer {
                self.tally.prove(&trailer)?;
                return Ok(trailer);
            }
        }
    }
}
