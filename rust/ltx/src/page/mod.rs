//! One page in a file: a 6-byte page header (u32 page number, u16 flags, big-endian), then the compressed page. Each page
//! has one of two forms. Six zero bytes end the pages.

mod block;
mod compressor;
mod frame;
mod order;

pub(crate) use compressor::Compressor;
pub(crate) use order::PageOrder;

use std::io::BufRead;

use crate::{Error, PageNumber, PageSize, source::Source};

/// Bytes of a page header.
pub(crate) const HEADER_LEN: usize = 6;

/// The end of the pages: zeros in place of the next page header.
pub(crate) const END_MARKER: [u8; HEADER_LEN] = [0; HEADER_LEN];

/// Flag of the block form: a 4-byte size follows the page header, then a block.
const FLAG_BLOCK: u16 = 0x0001;

/// The compressed form of a page. Every reader here accepts both.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PageForm {
    /// A size and an LZ4 block. Smaller and faster; Litestream reads it from 0.5.16 on.
    #[default]
    Block,
    /// An LZ4 frame, which all of Litestream 0.5 reads.
    Frame,
}

/// The header of one page.
#[derive(Clone, Copy)]
pub(crate) struct PageHeader {
    pub(crate) page: PageNumber,
    form: PageForm,
}

impl PageHeader {
    pub(crate) fn new(page: PageNumber, form: PageForm) -> Self {
        PageHeader { page, form }
    }

    /// Reads a page header. Returns `None` for the end marker.
    pub(crate) fn read<R: BufRead>(source: &mut Source<R>) -> Result<Option<Self>, Error> {
        let [p0, p1, p2, p3, f0, f1] = source.array("page header")?;
        let flags = u16::from_be_bytes([f0, f1]);
        match (PageNumber::new(u32::from_be_bytes([p0, p1, p2, p3])), flags) {
            (None, 0) => Ok(None),
            (None, _) => Err(Error::BadEndMarker(flags)),
            (Some(page), 0) => Ok(Some(PageHeader::new(page, PageForm::Frame))),
            (Some(page), FLAG_BLOCK) => Ok(Some(PageHeader::new(page, PageForm::Block))),
            (Some(page), _) => Err(Error::BadPageFlags { page, flags }),
        }
    }

    pub(crate) fn put(self, out: &mut Vec<u8>) {
        let flags = match self.form {
            PageForm::Block => FLAG_BLOCK,
            PageForm::Frame => 0,
        };
        out.extend_from_slice(&self.page.get().to_be_bytes());
        out.extend_from_slice(&flags.to_be_bytes());
    }
}

/// One page in its stored form, with its page header, and in its uncompressed form. The buffers are reused for each page.
#[derive(Default)]
pub(crate) struct EncodedPage {
    pub(crate) bytes: Vec<u8>,
    pub(crate) data: Vec<u8>,
}

/// Reads the page after `header` and appends both in their stored form, at most [`largest`] bytes.
pub(crate) fn read_raw<R: BufRead>(
    source: &mut Source<R>,
    header: PageHeader,
    page_size: PageSize,
    raw: &mut Vec<u8>,
) -> Result<(), Error> {
    header.put(raw);
    match header.form {
        PageForm::Block => block::read_raw(source, header.page, page_size, raw),
        PageForm::Frame => frame::read_raw(source, header.page, page_size, raw),
    }
}

/// Expands one page that [`read_raw`] appended into `out`, which is as long as a page.
pub(crate) fn expand(raw: &[u8], page: PageNumber, out: &mut [u8]) -> Result<(), Error> {
    match form(raw) {
        PageForm::Block => block::expand(&raw[HEADER_LEN + block::SIZE_LEN..], page, out),
        PageForm::Frame => frame::expand(&raw[HEADER_LEN..], page, out),
    }
}

/// The bytes of a stored page that the file checksum covers. The *expanded* page follows them.
pub(crate) fn covered(raw: &[u8]) -> &[u8] {
    match form(raw) {
        PageForm::Block => &raw[..HEADER_LEN + block::SIZE_LEN],
        PageForm::Frame => &raw[..HEADER_LEN],
    }
}

fn form(raw: &[u8]) -> PageForm {
    if raw[4..HEADER_LEN] == FLAG_BLOCK.to_be_bytes() { PageForm::Block } else { PageForm::Frame }
}

/// The largest stored form of a page, header included, in bytes.
pub(crate) fn largest(page_size: PageSize) -> usize {
    HEADER_LEN + frame::OVERHEAD + block::bound(page_size.bytes())
}
