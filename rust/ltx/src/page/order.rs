//! The order of pages in a file. Encoder and decoder enforce it, and so does every merge.

use crate::{Error, Header, PageNumber};

/// Pages ascend, lie within the database, and skip the lock page. A snapshot has every other page, from page 1.
pub(crate) struct PageOrder {
    commit: u32,
    snapshot: bool,
    lock_page: PageNumber,
    last: Option<PageNumber>,
}

impl PageOrder {
    pub(crate) fn new(header: &Header) -> Self {
        PageOrder {
            commit: header.commit,
            snapshot: header.is_snapshot(),
            lock_page: header.page_size.lock_page(),
            last: None,
        }
    }

    pub(crate) fn accept(&mut self, page: PageNumber) -> Result<(), Error> {
        if page.get() > self.commit {
            return Err(Error::PageBeyondCommit { page, commit: self.commit });
        }
        if page == self.lock_page {
            return Err(Error::LockPage(page));
        }
        if let Some(previous) = self.last.filter(|last| *last >= page) {
            return Err(Error::PageOrder { page, previous });
        }
        match self.next_of_snapshot() {
            Some(expected) if self.snapshot && expected != page => Err(Error::SnapshotGap { expected, found: page }),
            _ => {
                self.last = Some(page);
                Ok(())
            }
        }
    }

    /// Checks that the pages may end here.
    pub(crate) fn complete(&self) -> Result<(), Error> {
        match self.next_of_snapshot() {
            Some(missing) if self.snapshot => Err(Error::SnapshotIncomplete { missing, commit: self.commit }),
            _ => Ok(()),
        }
    }

    /// The page after the latest, without the lock page; `None` at the end of the database.
    fn next_of_snapshot(&self) -> Option<PageNumber> {
        let after = |page: Option<PageNumber>| PageNumber::new(page.map_or(0, PageNumber::get).checked_add(1)?);
        let next = after(self.last)?;
        let next = if next == self.lock_page { after(Some(next))? } else { next };
        (next.get() <= self.commit).then_some(next)
    }
}
