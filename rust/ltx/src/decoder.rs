//! Reads one LTX file front to back, without knowing its size. What it gives out along the way is proven only once
//! `finish` has succeeded.

use std::io::Read;

use crate::{
    Checksum, DatabaseChecksum, Error, Header, PageIndexEntry, PageNumber, Trailer, checksum::Hasher, page, page_index,
    page_order::PageOrder, source::Source, varint,
};

/// Where the next read stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a page header.
    Pages,
    /// After the end marker.
    Index,
    Failed,
}

/// Decodes from `R` in large reads; no buffer around it is needed. Memory is constant: it grows neither with the
/// number of pages nor with any length that the file claims.
#[must_use = "nothing read is proven until the file is finished"]
pub struct Decoder<R> {
    source: Source<R>,
    header: Header,
    tracked: bool,
    order: PageOrder,
    state: State,
    /// Over what the file checksum covers.
    hasher: Hasher,
    /// Over the page index as the pages seen so far demand it.
    index: Hasher,
    index_len: u64,
    /// In a snapshot that tracks database checksums: of the pages so far.
    database: Option<DatabaseChecksum>,
    /// The compressed page, then pieces of the page index.
    scratch: Vec<u8>,
}

impl<R: Read> Decoder<R> {
    /// Reads and validates the header.
    pub fn new(reader: R) -> Result<Self, Error> {
        let mut source = Source::new(reader);
        let bytes: [u8; Header::LEN] = source.array("header")?;
        let (header, tracked) = Header::decode_tracked(&bytes)?;
        let mut hasher = Hasher::new();
        hasher.update(&bytes);
        Ok(Decoder {
            source,
            order: PageOrder::new(&header),
            header,
            tracked,
            state: State::Pages,
            hasher,
            index: Hasher::new(),
            index_len: 0,
            database: (tracked && header.is_snapshot()).then(DatabaseChecksum::new),
            scratch: Vec::new(),
        })
    }

    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Reads the next page into `buf`, which becomes exactly one page long; `None` after the last one. After an error
    /// the content of `buf` means nothing.
    pub fn next_page(&mut self, buf: &mut Vec<u8>) -> Result<Option<PageNumber>, Error> {
        buf.resize(self.header.page_size.bytes(), 0);
        match self.state {
            State::Failed => return Err(Error::AlreadyFailed),
            State::Index => return Ok(None),
            State::Pages => {}
        }
        let page = self.read_page(buf);
        match page {
            Ok(None) => self.state = State::Index,
            Err(_) => self.state = State::Failed,
            Ok(Some(_)) => {}
        }
        page
    }

    /// Reads on to the end, past pages not taken yet, and checks everything: page index, trailer, file checksum, and
    /// that nothing follows. From then on the pages given out are what was written.
    pub fn finish(mut self) -> Result<Trailer, Error> {
        let mut skipped = Vec::new();
        while self.next_page(&mut skipped)?.is_some() {}
        self.check_index()?;
        let post_apply: [u8; 8] = self.source.array("trailer")?;
        self.hasher.update(&post_apply);
        let post_apply_checksum = Trailer::decode_post_apply(post_apply, &self.header, self.tracked)?;
        if let (Some(stored), Some(database)) = (post_apply_checksum, &self.database)
            && stored != database.value()
        {
            return Err(Error::PostChecksum { stored, computed: database.value() });
        }
        let stored = u64::from_be_bytes(self.source.array("trailer")?);
        let stored = Checksum::from_wire(stored)?.ok_or(Error::ChecksumMissing("file"))?;
        let computed = self.hasher.value();
        if stored != computed {
            return Err(Error::FileChecksum { stored, computed });
        }
        self.source.expect_end()?;
        Ok(Trailer { post_apply_checksum, file_checksum: stored })
    }

    fn read_page(&mut self, buf: &mut [u8]) -> Result<Option<PageNumber>, Error> {
        let offset = self.source.offset();
        let Some(header) = page::read_header(&mut self.source)? else {
            self.hasher.update(&page::END_MARKER);
            self.order.complete()?;
            return Ok(None);
        };
        let (page, _) = header;
        self.order.accept(page)?;
        let prefix = page::read_body(&mut self.source, header, &mut self.scratch, buf)?;
        self.hasher.update(prefix.bytes());
        self.hasher.update(buf);
        if let Some(database) = &mut self.database {
            database.add(page, buf);
        }
        self.scratch.clear();
        PageIndexEntry { page, offset, size: self.source.offset() - offset }.put(&mut self.scratch);
        self.index_demands();
        Ok(Some(page))
    }

    /// Counts the varints in `scratch` into the index that must follow.
    fn index_demands(&mut self) {
        self.index.update(&self.scratch);
        self.index_len += self.scratch.len() as u64;
    }

    /// The index must be, byte for byte, the one that the pages demand; so it is compared without being kept.
    fn check_index(&mut self) -> Result<(), Error> {
        self.scratch.clear();
        varint::put(&mut self.scratch, 0);
        self.index_demands();

        let mut found = Hasher::new();
        let mut left = self.index_len;
        let mut piece = [0; 4096];
        while left > 0 {
            let len = left.min(piece.len() as u64) as usize;
            self.source.read_exact(&mut piece[..len], "page index")?;
            found.update(&piece[..len]);
            self.hasher.update(&piece[..len]);
            left -= len as u64;
        }
        if found.value() != self.index.value() {
            return Err(Error::PageIndexMismatch);
        }
        let length: [u8; page_index::LENGTH_LEN] = self.source.array("page index")?;
        self.hasher.update(&length);
        match u64::from_be_bytes(length) {
            found if found == self.index_len => Ok(()),
            found => Err(Error::PageIndexLength { found, expected: self.index_len }),
        }
    }
}
