//! The destination of a restored state's pages.

use ltx::{PageNumber, PageSize};

use crate::Result;

/// Receives the pages of a restored state. They are unchecked until the whole plan is applied.
pub trait PageSink: Send + Sync + 'static {
    /// Called once, before the first page. `commit`: size of the database in pages.
    fn begin(&self, page_size: PageSize, commit: u32) -> Result<()>;

    /// Receives consecutive pages from `first` on, from any thread, in any order. Every page but the lock page comes
    /// once.
    fn pages(&self, page_size: PageSize, first: PageNumber, data: &[u8]) -> Result<()>;
}

/// Splits the bytes of [`PageSink::pages`] into pages.
pub fn each_page(page_size: PageSize, first: PageNumber, data: &[u8]) -> impl Iterator<Item = (PageNumber, &[u8])> {
    (first.get()..).filter_map(PageNumber::new).zip(data.chunks_exact(page_size.bytes()))
}
