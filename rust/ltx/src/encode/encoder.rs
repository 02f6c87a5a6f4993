//! Writes one LTX file: header, pages in order, then `finish` for the rest. Before `finish` the file is not valid.

use std::io::{Cursor, Write};

use super::{
    PageBatch,
    index_spool::{IndexSpool, Scratch},
};
use crate::{
    Error, Header, PageForm, PageIndexEntry, PageNumber, Trailer,
    page::{self, Compressor, EncodedPage, PageOrder},
    values::{Hasher, varint},
};

/// Bytes buffered before they are written.
const BUFFER_LEN: usize = 64 * 1024;

/// Database checksums are never written.
const NO_POST_APPLY_CHECKSUM: [u8; 8] = [0; 8];

/// The properties of a finished file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Summary {
    /// The header as written.
    pub header: Header,
    /// The trailer as written.
    pub trailer: Trailer,
    /// Bytes of the whole file.
    pub size: u64,
    /// Pages in the file.
    pub pages: u32,
}

/// Encodes pages into `W` by large writes. Memory: a few buffers, independent of the number of pages. The page index is
/// kept in `S` until `finish`, about ten bytes per page.
#[must_use = "the file is not valid until it is finished"]
pub struct Encoder<W, S = Cursor<Vec<u8>>> {
    writer: W,
    /// Encoded, not yet written.
    buffer: Vec<u8>,
    /// Bytes passed to the writer.
    written: u64,
    header: Header,
    order: PageOrder,
    compressor: Compressor,
    hasher: Hasher,
    /// Entries of the pages so far.
    index: IndexSpool<S>,
    pages: u32,
    failed: bool,
}

impl<W: Write> Encoder<W> {
    /// Begins a file, as [`Encoder::with_scratch`] does. Its page index is kept in memory.
    pub fn new(writer: W, header: Header, form: PageForm) -> Result<Self, Error> {
        Encoder::with_scratch(writer, header, form, Cursor::default())
    }
}

impl<W: Write, S: Scratch> Encoder<W, S> {
    /// Begins a file. Refuses a header that the format forbids, an empty database, and database checksums: Litestream
    /// restores neither of the last two.
    pub fn with_scratch(writer: W, header: Header, form: PageForm, scratch: S) -> Result<Self, Error> {
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
            index: IndexSpool::new(scratch),
            pages: 0,
            failed: false,
        })
    }

    /// The header as written.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Adds a page of exactly the page size. Pages ascend, never beyond `commit`, without the lock page; a snapshot
    /// has every other page from 1 on. A page refused for breaking these rules changes nothing.
    pub fn page(&mut self, page: PageNumber, data: &[u8]) -> Result<(), Error> {
        let expected = self.header.page_size.bytes();
        if data.len() != expected {
            return Err(Error::PageLength { page, found: data.len(), expected });
        }
        let (offset, at) = (self.accept(page)?, self.buffer.len());
        self.compressor.append(page, data, &mut self.buffer);
        self.hasher.update(page::covered(&self.buffer[at..]));
        self.hasher.update(data);
        self.added(page, offset)
    }

    /// Adds each compressed page of a batch, in the batch's page form, by the rules of [`Encoder::page`].
    pub fn batch(&mut self, batch: &PageBatch) -> Result<(), Error> {
        for (page, bytes, data) in batch.pages() {
            self.put_encoded(page, bytes, data)?;
        }
        Ok(())
    }

    /// Adds a page of another file in its stored form, by the rules of [`Encoder::page`].
    pub(crate) fn take_over(&mut self, page: PageNumber, encoded: &EncodedPage) -> Result<(), Error> {
        self.put_encoded(page, &encoded.bytes, &encoded.data)
    }

    fn put_encoded(&mut self, page: PageNumber, bytes: &[u8], data: &[u8]) -> Result<(), Error> {
        let offset = self.accept(page)?;
        self.buffer.extend_from_slice(bytes);
        self.hasher.update(page::covered(bytes));
        self.hasher.update(data);
        self.added(page, offset)
    }

    /// The offset of the page, if it may come next.
    fn accept(&mut self, page: PageNumber) -> Result<u64, Error> {
        if self.failed {
            return Err(Error::AlreadyFailed);
        }
        self.order.accept(page)?;
        Ok(self.offset())
    }

    fn added(&mut self, page: PageNumber, offset: u64) -> Result<(), Error> {
        self.failed = true;
        self.index.push(PageIndexEntry { page, offset, size: self.offset() - offset })?;
        self.failed = false;
        self.pages += 1;
        if self.buffer.len() >= BUFFER_LEN { self.flush() } else { Ok(()) }
    }

    /// Writes end marker, page index and trailer, flushes the writer and returns it. The caller syncs the file.
    pub fn finish(mut self) -> Result<(W, Summary), Error> {
        if self.failed {
            return Err(Error::AlreadyFailed);
        }
        self.order.complete()?;
        self.put_hashed(&page::END_MARKER);
        self.put_index()?;
        self.put_hashed(&NO_POST_APPLY_CHECKSUM);
        let trailer = Trailer { post_apply_checksum: None, file_checksum: self.hasher.value() };
        self.buffer.extend_from_slice(&trailer.file_checksum.get().to_be_bytes());
        self.flush()?;
        self.writer.flush()?;
        let summary = Summary { header: self.header, trailer, size: self.written, pages: self.pages };
        Ok((self.writer, summary))
    }

    /// Writes the index in pieces, since it may be long.
    fn put_index(&mut self) -> Result<(), Error> {
        self.flush()?;
        let mut length = 0;
        let mut piece = Vec::new();
        while self.index.take(&mut piece)? {
            length += piece.len() as u64;
            self.put_hashed(&piece);
            self.flush()?;
        }
        piece.clear();
        varint::put(&mut piece, 0);
        length += piece.len() as u64;
        piece.extend_from_slice(&length.to_be_bytes());
        self.put_hashed(&piece);
        Ok(())
    }

    /// The offset of the next byte in the file.
    fn offset(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    fn put_hashed(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.buffer.extend_from_slice(bytes);
    }

    /// Writes the buffer. A failed write leaves the file in an unknown state, so the encoder refuses every later call.
    fn flush(&mut self) -> Result<(), Error> {
        self.failed = true;
        self.writer.write_all(&self.buffer)?;
        self.failed = false;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}
