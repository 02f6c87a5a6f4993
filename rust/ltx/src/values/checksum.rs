//! Checksums: CRC-64 (Go's ISO polynomial) with the top bit forced to 1, so that 0 can mean "none".

use std::{fmt, str::FromStr};

use crc_fast::{CrcAlgorithm, Digest};

use super::{
    error::ValueError,
    types::{PageNumber, PageSize},
};

const PRESENT: u64 = 1 << 63;

/// A checksum that is present: its top bit is set. Printed as 16 lowercase hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Checksum(u64);

impl Checksum {
    /// The checksum of a database without pages.
    pub const EMPTY: Checksum = Checksum(PRESENT);

    /// The 64 bits, as written in files; never 0.
    pub fn get(self) -> u64 {
        self.0
    }

    /// Decodes the stored form, where 0 stands for "none".
    pub(crate) fn from_wire(value: u64) -> Result<Option<Self>, ValueError> {
        match value {
            0 => Ok(None),
            marked if marked & PRESENT != 0 => Ok(Some(Checksum(marked))),
            unmarked => Err(ValueError::ChecksumUnmarked(unmarked)),
        }
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Checksum({:016x})", self.0)
    }
}

impl FromStr for Checksum {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let canonical = text.len() == 16 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        canonical
            .then(|| u64::from_str_radix(text, 16).ok())
            .flatten()
            .filter(|value| value & PRESENT != 0)
            .map(Checksum)
            .ok_or_else(|| ValueError::BadChecksum(text.chars().take(40).collect()))
    }
}

/// Computes a checksum piece by piece.
pub(crate) struct Hasher(Digest);

impl Hasher {
    pub(crate) fn new() -> Self {
        Hasher(Digest::new(CrcAlgorithm::Crc64GoIso))
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn value(&self) -> Checksum {
        Checksum(self.0.finalize() | PRESENT)
    }
}

/// The checksum of a whole database: the XOR of its pages' checksums, so pages can be added in any order, each once.
/// Two databases of the same page size are equal, page by page, when their values are.
#[derive(Clone, Debug)]
pub struct DatabaseChecksum(Checksum);

impl DatabaseChecksum {
    /// The checksum of a database without pages.
    pub fn new() -> Self {
        DatabaseChecksum(Checksum::EMPTY)
    }

    /// Adds a page; `data` is the whole page, so its length is the page size. The lock page is ignored.
    ///
    /// # Panics
    /// If the length of `data` is not a page size.
    pub fn add(&mut self, page: PageNumber, data: &[u8]) {
        let page_size = u32::try_from(data.len()).ok().and_then(|len| PageSize::new(len).ok());
        if page_size.expect("BUG: not a whole page").lock_page() == page {
            return;
        }
        let mut hasher = Hasher::new();
        hasher.update(&page.get().to_be_bytes());
        hasher.update(data);
        self.0 = Checksum((self.0.get() ^ hasher.value().get()) | PRESENT);
    }

    /// Adds the pages of another part of the same database.
    pub fn merge(&mut self, other: &DatabaseChecksum) {
        self.0 = Checksum((self.0.get() ^ other.0.get()) | PRESENT);
    }

    /// The checksum of the pages so far.
    pub fn value(&self) -> Checksum {
        self.0
    }
}

impl Default for DatabaseChecksum {
    fn default() -> Self {
        DatabaseChecksum::new()
    }
}
