//! The hash that represents a page in the map.

/// The first 128 bits of a page's BLAKE3 hash. Two different pages have the same one with a chance of 2⁻¹²⁸.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PageHash([u8; PageHash::LEN]);

impl PageHash {
    pub const LEN: usize = 16;

    pub fn of(page: &[u8]) -> Self {
        PageHash(digest(&[page]))
    }

    /// `None` for the zeros of an empty entry.
    pub(crate) fn from_entry(bytes: [u8; Self::LEN]) -> Option<Self> {
        (bytes != [0; Self::LEN]).then_some(PageHash(bytes))
    }

    pub(crate) fn bytes(self) -> [u8; Self::LEN] {
        self.0
    }
}

/// The hash of several pieces in sequence.
pub(crate) fn digest(pieces: &[&[u8]]) -> [u8; PageHash::LEN] {
    let mut hasher = blake3::Hasher::new();
    for piece in pieces {
        hasher.update(piece);
    }
    let mut short = [0; PageHash::LEN];
    hasher.finalize_xof().fill(&mut short);
    short
}
