//! SQLite's running WAL checksum: two sums over pairs of 32-bit words, in the byte order that the WAL header names.

/// Byte order of the words that the checksum adds; every other number in a WAL is big-endian. A WAL keeps the order of
/// the machine that began it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ByteOrder {
    /// Magic 0x377f0682.
    Little,
    /// Magic 0x377f0683.
    Big,
}

/// State of the running checksum; begins at zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WalChecksum(pub u32, pub u32);

impl WalChecksum {
    /// Returns the checksum continued over `bytes`, whose length is a multiple of 8.
    #[must_use]
    pub fn update(self, order: ByteOrder, bytes: &[u8]) -> Self {
        match order {
            ByteOrder::Little => self.add(bytes, u32::from_le_bytes),
            ByteOrder::Big => self.add(bytes, u32::from_be_bytes),
        }
    }

    fn add(self, bytes: &[u8], word: impl Fn([u8; 4]) -> u32) -> Self {
        let (pairs, rest) = bytes.as_chunks::<8>();
        debug_assert!(rest.is_empty(), "BUG: WAL checksums run over pairs of words");
        let WalChecksum(mut first, mut second) = self;
        for &[a, b, c, d, e, f, g, h] in pairs {
            first = first.wrapping_add(word([a, b, c, d])).wrapping_add(second);
            second = second.wrapping_add(word([e, f, g, h])).wrapping_add(first);
        }
        WalChecksum(first, second)
    }
}
