//! Where the pages of a restored state go.

use ltx::{PageNumber, PageSize};

use crate::Result;

/// What takes the pages of the state that a plan leads to. Nothing it gets is proven before all of it
/// was taken and the walk has succeeded.
pub trait Sink: Send + Sync + 'static {
    /// Once, before the first page. `commit`: size of the database in pages.
    fn begin(&self, page_size: PageSize, commit: u32) -> Result<()>;

    /// Consecutive pages from `first` on, from any thread, in any order. Every page but the lock page comes once.
    fn pages(&self, page_size: PageSize, first: PageNumber, data: &[u8]) -> Result<()>;
}

/// What [`Sink::pages`] got, page by page.
pub fn each_page(page_size: PageSize, first: PageNumber, data: &[u8]) -> impl Iterator<Item = (PageNumber, &[u8])> {
    (first.get()..).filter_map(PageNumber::new).zip(data.chunks_exact(page_size.bytes()))
}
