//! A listing from memory, returned page by page.

use async_trait::async_trait;

use super::{Object, Pages, StoreError};

/// As many objects as S3 puts on a page, so that callers see the same page breaks with every store.
const PAGE: usize = 1000;

/// Objects in ascending key order.
pub(super) struct MemoryListing {
    rest: std::vec::IntoIter<Object>,
}

impl MemoryListing {
    pub(super) fn new(objects: Vec<Object>) -> Self {
        debug_assert!(objects.is_sorted_by(|a, b| a.key < b.key));
        MemoryListing { rest: objects.into_iter() }
    }
}

#[async_trait]
impl Pages for MemoryListing {
    async fn next(&mut self) -> Result<Option<Vec<Object>>, StoreError> {
        let page: Vec<_> = self.rest.by_ref().take(PAGE).collect();
        Ok((!page.is_empty()).then_some(page))
    }
}
