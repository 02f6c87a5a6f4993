//! The block form: u32 size, then a raw LZ4 block. Incompressible pages grow a little; there is no stored form.

use std::io::Read;

use lz4_flex::block::{CompressTable, compress_into_with_table, decompress_into, get_maximum_output_size};

use super::{PageForm, Prefix, frame};
use crate::{Error, PageNumber, source::Source};

/// Bytes of the size between page header and block.
pub(super) const SIZE_LEN: usize = 4;

/// The longest LZ4 block for `len` bytes: all of them literal, plus their count.
pub(super) fn bound(len: usize) -> usize {
    len + len / 255 + 16
}

/// Compresses pages one by one and keeps its table between them.
pub(crate) struct Compressor {
    form: PageForm,
    table: CompressTable,
    block: Vec<u8>,
}

impl Compressor {
    pub(crate) fn new(form: PageForm) -> Self {
        Compressor { form, table: CompressTable::default(), block: Vec::new() }
    }

    /// Appends a whole page to `out`, header included.
    pub(crate) fn append(&mut self, page: PageNumber, data: &[u8], out: &mut Vec<u8>) -> Prefix {
        self.block.resize(get_maximum_output_size(data.len()), 0);
        let size = compress_into_with_table(data, &mut self.block, &mut self.table)
            .expect("BUG: the block has room for the worst case");
        let block = &self.block[..size];
        match self.form {
            PageForm::Block => {
                let prefix = Prefix::block(page, size as u32);
                out.extend_from_slice(prefix.bytes());
                out.extend_from_slice(block);
                prefix
            }
            PageForm::Frame => {
                let prefix = Prefix::frame(page);
                out.extend_from_slice(prefix.bytes());
                frame::append(data, block, out);
                prefix
            }
        }
    }
}

/// Reads size and block into `out` and returns the size.
pub(super) fn read<R: Read>(
    source: &mut Source<R>,
    page: PageNumber,
    scratch: &mut Vec<u8>,
    out: &mut [u8],
) -> Result<u32, Error> {
    let size = u32::from_be_bytes(source.array("compressed page size")?);
    let limit = bound(out.len());
    if size as usize > limit {
        return Err(Error::CompressedLength { page, found: size, limit });
    }
    scratch.resize(size as usize, 0);
    source.read_exact(scratch, "page")?;
    expand(scratch, page, out)?;
    Ok(size)
}

/// Expands a block that must fill `out` exactly.
pub(super) fn expand(block: &[u8], page: PageNumber, out: &mut [u8]) -> Result<(), Error> {
    let expected = out.len();
    match decompress_into(block, out) {
        Ok(found) if found == expected => Ok(()),
        Ok(found) => Err(Error::PageLength { page, found, expected }),
        Err(problem) => Err(Error::BadCompression { page, problem: problem.to_string() }),
    }
}
