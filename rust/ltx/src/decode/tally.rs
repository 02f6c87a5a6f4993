//! The checksums of one file, added up while it is read.

use crate::{DatabaseChecksum, Error, Header, PageNumber, Trailer, values::Hasher};

/// What was read of a file so far, from its first byte on: the file checksum takes everything in the order of the file.
pub struct Tally {
    hasher: Hasher,
    /// In a snapshot that tracks database checksums: of the pages so far.
    database: Option<DatabaseChecksum>,
}

impl Tally {
    pub(crate) fn new(header: &Header, encoded: &[u8; Header::LEN], tracked: bool) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(encoded);
        Tally { hasher, database: (tracked && header.is_snapshot()).then(DatabaseChecksum::new) }
    }

    /// Bytes outside the pages, and page headers.
    pub(crate) fn add(&mut self, covered: &[u8]) {
        self.hasher.update(covered);
    }

    /// An expanded page, after what the checksum covers of its header.
    pub(crate) fn add_page(&mut self, page: PageNumber, data: &[u8]) {
        self.hasher.update(data);
        if let Some(database) = &mut self.database {
            database.add(page, data);
        }
    }

    /// Whether all that was added is what was written.
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
