//! All pages of a database at one moment, for comparison byte by byte.

use std::fmt;
use std::path::Path;

use rusqlite::{Connection, MAIN_DB, OpenFlags};

/// The committed pages of a database, the WAL included.
#[derive(Clone, PartialEq, Eq)]
pub struct PageImage {
    /// Bytes.
    pub page_size: usize,
    /// All pages, page 1 first.
    pub bytes: Vec<u8>,
}

/// The pages of the database at `path`, through SQLite.
///
/// Never read a database file directly in a process that has it open: closing the file drops all of
/// the process's locks on it.
///
/// # Errors
/// SQLite's, for example if there is no such file.
pub fn page_image(path: &Path) -> rusqlite::Result<PageImage> {
    PageImage::of(&mut Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?)
}

impl PageImage {
    /// The pages as a connection outside a transaction sees them.
    ///
    /// # Errors
    /// SQLite's.
    pub fn of(connection: &mut Connection) -> rusqlite::Result<Self> {
        let page_size: u32 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        // SQLite holds a read transaction while it copies: all pages are of one moment.
        let bytes = connection.serialize(MAIN_DB)?.to_vec();
        Ok(Self { page_size: page_size as usize, bytes })
    }

    /// Pages in all.
    pub fn pages(&self) -> usize {
        self.bytes.len() / self.page_size
    }

    /// The numbers, from 1, of the pages that are not the same in both, or only in one.
    pub fn differences(&self, other: &Self) -> Vec<usize> {
        let (mut a, mut b) = (self.bytes.chunks(self.page_size), other.bytes.chunks(self.page_size));
        (1..=self.pages().max(other.pages())).filter(|_| a.next() != b.next()).collect()
    }

    /// Fails with the numbers of the pages that differ.
    ///
    /// # Panics
    /// If the two are not the same byte for byte.
    #[track_caller]
    pub fn assert_same(&self, other: &Self, what: impl fmt::Display) {
        if self == other {
            return;
        }
        assert_eq!(self.page_size, other.page_size, "{what}: page sizes");
        let pages = self.differences(other);
        let first: Vec<_> = pages.iter().take(10).collect();
        panic!("{what}: {self:?} and {other:?} differ in {} pages, first {first:?}", pages.len());
    }
}

impl fmt::Debug for PageImage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} pages of {} bytes", self.pages(), self.page_size)
    }
}
