//! Pages that are compressed ahead of their turn, so that several threads share the work of one file.

use crate::{
    Error, PageForm, PageNumber, PageSize,
    page::{self, Compressor},
};

/// Bytes of pages per batch: enough work for a thread to be worth the handover.
const LEN: usize = 1 << 20;

/// Consecutive pages of a file. Memory: 1 MiB of pages, and as much again for their compressed form.
pub struct PageBatch {
    page_size: PageSize,
    compressor: Compressor,
    numbers: Vec<PageNumber>,
    /// Uncompressed pages.
    data: Vec<u8>,
    encoded: Vec<u8>,
    /// The end of each compressed page in `encoded`.
    ends: Vec<usize>,
}

impl PageBatch {
    /// An empty batch. Its pages get this page form.
    pub fn new(page_size: PageSize, form: PageForm) -> Self {
        let pages = LEN / page_size.bytes();
        PageBatch {
            page_size,
            compressor: Compressor::new(form),
            numbers: Vec::new(),
            data: Vec::with_capacity(pages * page_size.bytes()),
            encoded: Vec::with_capacity(pages * page::largest(page_size)),
            ends: Vec::new(),
        }
    }

    /// Adds a page of exactly the page size.
    pub fn push(&mut self, page: PageNumber, data: &[u8]) -> Result<(), Error> {
        let expected = self.page_size.bytes();
        if data.len() != expected {
            return Err(Error::PageLength { page, found: data.len(), expected });
        }
        self.numbers.push(page);
        self.data.extend_from_slice(data);
        Ok(())
    }

    /// True if another page would exceed 1 MiB. Adding one is still allowed.
    pub fn is_full(&self) -> bool {
        self.data.len() + self.page_size.bytes() > LEN
    }

    /// Removes all pages and keeps the memory.
    pub fn clear(&mut self) {
        self.numbers.clear();
        self.data.clear();
        self.encoded.clear();
        self.ends.clear();
    }

    /// Compresses the pages added since the last call. [`crate::Encoder::batch`] takes compressed pages only.
    pub fn compress(&mut self) {
        let done = self.ends.len();
        let pages = self.data.chunks_exact(self.page_size.bytes());
        for (&page, data) in self.numbers.iter().zip(pages).skip(done) {
            self.compressor.append(page, data, &mut self.encoded);
            self.ends.push(self.encoded.len());
        }
    }

    /// The compressed pages: number, stored form, uncompressed form.
    pub(crate) fn pages(&self) -> impl Iterator<Item = (PageNumber, &[u8], &[u8])> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let encoded = starts.zip(&self.ends).map(|(start, &end)| &self.encoded[start..end]);
        let pages = self.numbers.iter().zip(self.data.chunks_exact(self.page_size.bytes()));
        pages.zip(encoded).map(|((&number, data), bytes)| (number, bytes, data))
    }
}
