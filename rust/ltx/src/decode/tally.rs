//! The checksums of one file, computed while it is read.

use crate::{DatabaseChecksum, Error, Header, PageNumber, Trailer, values::Hasher};

/// The checksums of the part of a file that was read so far. Everything is added in the order of the file.
pub struct Tally {
    hasher: Hasher,
    /// The checksum of the pages so far; `None` unless the file is a snapshot that tracks database checksums.
    database: Option<DatabaseChecksum>,
}

impl Tally {
    pub(crate) fn new(header: &Header, encoded: &[u8; Header::LEN], tracked: bool) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(encoded);
        Tally { hasher, database: (tracked && header.is_snapshot()).then(DatabaseChecksum::new) }
    }

    /// Adds bytes outside of the pages, and page headers.
    pub(crate) fn add(&mut self, covered: &[u8]) {
        self.hasher.update(covered);
    }

    /// Adds an expanded page. The covered part of its header comes first, by [`Tally::add`].
    pub(crate) fn add_page(&mut self, page: PageNumber, data: &[u8]) {
        self.hasher.update(data);
        if let Some(database) = &mut self.database {
            database.add(page, data);
        }
    }

    /// Compares the checksums with those in the trailer. An error means that the file is damaged.
    pub(crate) fn prove(&self, trailer: &Trailer) -> Result<(), Error> {
        if let (Some(stored), Some(database)) = (trailer.post_apply_checksum, &self.database)
            && stored != database.value()
        {
            return Err(Error::PostChecksum { stored, computed: database.value() });
        }
        let (stored, computed) = (trailer.file_checksum, self.hasher.value());
        if stored == computed { Ok(()) } else { Err(Error::FileChecksum { stored, computed }) }
    }
}
