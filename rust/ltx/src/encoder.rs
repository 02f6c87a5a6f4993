//! Writes one LTX file: header, pages in order, then `finish` for the rest. Until then the file is not valid.

use std::io::Write;

use crate::{
    Error, Header, PageForm, PageIndexEntry, PageNumber, Trailer,
    checksum::Hasher,
    page::{self, Compressor},
    page_order::PageOrder,
    varint,
};

/// Bytes gathered before they are written.
const BUFFER_LEN: usize = 64 * 1024;

/// Database checksums are never written.
const NO_POST_APPLY_CHECKSUM: [u8; 8] = [0; 8];

/// What a finished file became.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Summary {
    pub header: Header,
    pub trailer: Trailer,
    /// Bytes of the whole file.
    pub size: u64,
    /// Pages in the file.
    pub pages: u32,
}

/// Encodes pages into `W`, gathering them into large writes. Memory: one buffer, and about ten bytes per page for
/// the page index.
#[must_use = "the file is not valid until it is finished"]
pub struct Encoder<W> {
    writer: W,
    /// Encoded, not yet written.
    buffer: Vec<u8>,
    /// Bytes handed to the writer.
    written: u64,
    header: Header,
    order: PageOrder,
    compressor: Compressor,
    hasher: Hasher,
    /// Encoded as far as the pages go.
    index: Vec<u8>,
    pages: u32,
    failed: bool,
}

impl<W: Write> Encoder<W> {
    /// Begins a file. Refuses a header that the format forbids, an empty database, and database checksums: Litestream
    /// restores neither of the last two.
    pub fn new(writer: W, header: Header, form: PageForm) -> Result<Self, Error> {
        let encoded = header.encode()?;
        if header.pre_apply_checksum.is_some() {
            return Err(Error::TrackedWrite);
        }
        if header.commit == 0 {
            return Err(Error::EmptyDatabase);
        }
        let mut hasher = Hasher::new();
        hasher.update(&encoded);
        let mut buffer = Vec::with_capacity(BUFFER_LEN + page::largest(header.page_size));
        buffer.extend_from_slice(&encoded);
        Ok(Encoder {
            writer,
            buffer,
            written: 0,
            order: PageOrder::new(&header),
            header,
            compressor: Compressor::new(form),
            hasher,
            index: Vec::new(),
            pages: 0,
            failed: false,
        })
    }

    /// Adds a page of exactly the page size. Pages ascend, never beyond `commit`, without the lock page; a snapshot
    /// has every other page from 1 on. A page refused for breaking these rules changes nothing.
    pub fn page(&mut self, page: PageNumber, data: &[u8]) -> Result<(), Error> {
        if self.failed {
            return Err(Error::AlreadyFailed);
        }
        let expected = self.header.page_size.bytes();
        if data.len() != expected {
            return Err(Error::PageLength { page, found: data.len(), expected });
        }
        self.order.accept(page)?;
        let (offset, at) = (self.offset(), self.buffer.len());
        self.compressor.append(page, data, &mut self.buffer);
        self.hasher.update(page::covered(&self.buffer[at..]));
        self.hasher.update(data);
        PageIndexEntry { page, offset, size: self.offset() - offset }.put(&mut self.index);
        self.pages += 1;
        if self.buffer.len() >= BUFFER_LEN { self.flush() } else { Ok(()) }
    }

    /// Writes end marker, page index and trailer, flushes the writer and hands it back. Syncing is the caller's part.
    pub fn finish(mut self) -> Result<(W, Summary), Error> {
        if self.failed {
            return Err(Error::AlreadyFailed);
        }
        self.order.complete()?;
        self.put_hashed(&page::END_MARKER);
        self.flush()?;

        // The index may be large, so it becomes the buffer instead of being copied there.
        self.buffer = std::mem::take(&mut self.index);
        varint::put(&mut self.buffer, 0);
        let index_len = self.buffer.len() as u64;
        self.hasher.update(&self.buffer);
        self.put_hashed(&index_len.to_be_bytes());
        self.put_hashed(&NO_POST_APPLY_CHECKSUM);
        let trailer = Trailer { post_apply_checksum: None, file_checksum: self.hasher.value() };
        self.buffer.extend_from_slice(&trailer.file_checksum.get().to_be_bytes());
        self.flush()?;
        self.writer.flush()?;
        let summary = Summary { header: self.header, trailer, size: self.written, pages: self.pages };
        Ok((self.writer, summary))
    }

    /// Where the next byte will lie in the file.
    fn offset(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    fn put_hashed(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.buffer.extend_from_slice(bytes);
    }

    /// A failed write leaves the file in an unknown state, so nothing may follow it.
    fn flush(&mut self) -> Result<(), Error> {
        self.failed = true;
        self.writer.write_all(&self.buffer)?;
        self.failed = false;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}
