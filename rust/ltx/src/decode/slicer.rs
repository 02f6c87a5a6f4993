//! Cuts one LTX file into slices that can be expanded independently, on as many cores as there are.
//!
//! ```text
//! Slicer::next ──► Slice::expand, in any order, anywhere ──► Slice::prove, in the order of the file
//! ```
//! Cutting reads the file and checks its structure. Expanding costs the most. Proving is a checksum over the result and
//! costs little.

use std::io::BufRead;

use super::{skeleton::Skeleton, tally::Tally};
use crate::{Error, Header, PageNumber, PageSize, Trailer, page};

/// Reads one file front to back without expanding a page, in small reads. Memory is constant.
#[must_use = "nothing read is proven until the last slice is"]
pub struct Slicer<R> {
    skeleton: Skeleton<R>,
}

/// Consecutive bytes of a file: whole pages, still compressed, or the bytes after the pages, or both. Reusable: the next
/// [`Slicer::next`] replaces the content and keeps the memory.
#[derive(Default)]
pub struct Slice {
    page_size: Option<PageSize>,
    /// Pages in their stored form.
    raw: Vec<u8>,
    /// Number of each page, and its end in `raw`.
    pages: Vec<(PageNumber, usize)>,
    /// Bytes after these pages that the file checksum covers.
    rest: Vec<u8>,
    /// `None` in all but the last slice of a file.
    trailer: Option<Trailer>,
}

impl<R: BufRead> Slicer<R> {
    /// Reads and validates the header. The tally belongs to [`Slice::prove`] of the first slice.
    pub fn new(reader: R) -> Result<(Self, Tally), Error> {
        let (skeleton, tally) = Skeleton::new(reader)?;
        Ok((Slicer { skeleton }, tally))
    }

    /// The header, validated but not proven.
    pub fn header(&self) -> &Header {
        self.skeleton.header()
    }

    /// Replaces the content of `slice` by the next part of the file: pages that expand to at most `most` bytes, but at
    /// least one. Returns `false` for the last part. After an error the content of `slice` is undefined.
    pub fn next(&mut self, slice: &mut Slice, most: usize) -> Result<bool, Error> {
        let page_size = self.header().page_size;
        slice.clear(page_size);
        // At least one byte and one page, or the file would never end.
        let (most, pages) = (most.max(1), (most / page_size.bytes()).max(1));
        while slice.pages.len() < pages {
            let Some(page) = self.skeleton.next_page(&mut slice.raw)? else {
                self.next_rest(slice, most)?;
                break;
            };
            slice.pages.push((page, slice.raw.len()));
        }
        Ok(slice.trailer.is_none())
    }

    fn next_rest(&mut self, slice: &mut Slice, most: usize) -> Result<(), Error> {
        while slice.trailer.is_none() && slice.rest.len() < most {
            let room = most - slice.rest.len();
            slice.trailer = self.skeleton.next_rest(&mut slice.rest, room)?;
        }
        Ok(())
    }
}

impl Slice {
    fn clear(&mut self, page_size: PageSize) {
        self.page_size = Some(page_size);
        self.raw.clear();
        self.pages.clear();
        self.rest.clear();
        self.trailer = None;
    }

    /// The page numbers, ascending.
    pub fn pages(&self) -> impl ExactSizeIterator<Item = PageNumber> {
        self.pages.iter().map(|(page, _)| *page)
    }

    /// The page number at `index`, from 0.
    ///
    /// # Panics
    /// If the slice has no page at that index.
    pub fn page(&self, index: usize) -> PageNumber {
        self.pages[index].0
    }

    /// Replaces the content of `out` by the expanded pages, one after another.
    pub fn expand(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        let page_bytes = self.page_bytes();
        // Every byte is overwritten, so nothing needs to be cleared.
        out.resize(self.pages.len() * page_bytes, 0);
        for ((page, raw), data) in self.raw_pages().zip(out.chunks_exact_mut(page_bytes)) {
            page::expand(raw, page, data)?;
        }
        Ok(())
    }

    /// Adds this slice and its `expanded` pages to the tally of all slices before it. Returns the trailer for the last
    /// slice; then every slice of the file is proven to be as it was written.
    pub fn prove(&self, expanded: &[u8], tally: &mut Tally) -> Result<Option<Trailer>, Error> {
        for ((page, raw), data) in self.raw_pages().zip(expanded.chunks_exact(self.page_bytes())) {
            tally.add(page::covered(raw));
            tally.add_page(page, data);
        }
        tally.add(&self.rest);
        if let Some(trailer) = &self.trailer {
            tally.prove(trailer)?;
        }
        Ok(self.trailer)
    }

    fn page_bytes(&self) -> usize {
        self.page_size.map_or(1, PageSize::bytes)
    }

    fn raw_pages(&self) -> impl Iterator<Item = (PageNumber, &[u8])> {
        let mut start = 0;
        self.pages.iter().map(move |&(page, end)| {
            let raw = &self.raw[start..end];
            start = end;
            (page, raw)
        })
    }
}
