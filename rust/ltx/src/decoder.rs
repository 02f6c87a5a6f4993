//! Reads one LTX file front to back, without knowing its size. What it gives out along the way is proven only once
//! `finish` has succeeded.

use std::io::{BufReader, Read};

use crate::{Error, Header, PageNumber, Tally, Trailer, page, skeleton::Skeleton};

/// Asked of the reader at once. A merge holds one such buffer per input.
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
    /// The compressed page, then pieces of the page index.
    scratch: Vec<u8>,
}

impl<R: Read> Decoder<R> {
    /// Reads and validates the header.
    pub fn new(reader: R) -> Result<Self, Error> {
        let (skeleton, tally) = Skeleton::new(BufReader::with_capacity(BUFFER_LEN, reader))?;
        Ok(Decoder { skeleton, tally, failed: false, scratch: Vec::new() })
    }

    pub fn header(&self) -> &Header {
        self.skeleton.header()
    }

    /// Reads the next page into `buf`, which becomes exactly one page long; `None` after the last one. After an error
    /// the content of `buf` means nothing.
    pub fn next_page(&mut self, buf: &mut Vec<u8>) -> Result<Option<PageNumber>, Error> {
        buf.resize(self.header().page_size.bytes(), 0);
        if self.failed {
            return Err(Error::AlreadyFailed);
        }
        let page = self.read_page(buf);
        self.failed = page.is_err();
        page
    }

    fn read_page(&mut self, buf: &mut [u8]) -> Result<Option<PageNumber>, Error> {
        self.scratch.clear();
        let Some(page) = self.skeleton.next_page(&mut self.scratch)? else { return Ok(None) };
        page::expand(&self.scratch, page, buf)?;
        self.tally.add(page::covered(&self.scratch));
        self.tally.add_page(page, buf);
        Ok(Some(page))
    }

    /// Reads on to the end, past pages not taken yet, and checks everything: page index, trailer, file checksum, and
    /// that nothing follows. From then on the pages given out are what was written.
    pub fn finish(mut self) -> Result<Trailer, Error> {
        let mut skipped = Vec::new();
        while self.next_page(&mut skipped)?.is_some() {}
        loop {
            self.scratch.clear();
            let trailer = self.skeleton.next_rest(&mut self.scratch, INDEX_PIECE)?;
            self.tally.add(&self.scratch);
            if let Some(trailer) = trailer {
                self.tally.prove(&trailer)?;
                return Ok(trailer);
            }
        }
    }
}
