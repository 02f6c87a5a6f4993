//! Writes pages in either form.

use lz4_flex::block::{CompressTable, compress_into_with_table, get_maximum_output_size};

use super::{PageForm, PageHeader, block, frame};
use crate::PageNumber;

/// Compresses pages one by one, and reuses its table.
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
    pub(crate) fn append(&mut self, page: PageNumber, data: &[u8], out: &mut Vec<u8>) {
        self.block.resize(get_maximum_output_size(data.len()), 0);
        let size = compress_into_with_table(data, &mut self.block, &mut self.table)
            .expect("BUG: the block has room for the worst case");
        let compressed = &self.block[..size];
        PageHeader::new(page, self.form).put(out);
        match self.form {
            PageForm::Block => block::append(compressed, out),
            PageForm::Frame => frame::append(data, compressed, out),
        }
    }
}
