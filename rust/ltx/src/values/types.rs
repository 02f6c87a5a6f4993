//! The values in LTX files. They are parsed once, at the edge, and printed in one form.

use std::{fmt, num::NonZeroU32, str::FromStr, time::Duration};

use super::error::ValueError;

/// The byte that SQLite locks, at 1 GiB. Its page is never stored.
const LOCK_BYTE: u64 = 0x4000_0000;

/// A transaction id of the replica: one per sync, so it may cover several SQLite commits. Starts at 1; printed as
/// 16 lowercase hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Txid(u64);

impl Txid {
    /// The first transaction of a replica.
    pub const MIN: Txid = Txid(1);

    /// The last transaction that a file may carry: one less than 64 bits hold, so that each TXID has a next one.
    pub const MAX: Txid = Txid(u64::MAX - 1);

    /// `None` for 0, which stands for "no transaction" on the wire, and beyond [`Txid::MAX`].
    pub fn new(value: u64) -> Option<Self> {
        (Self::MIN.0..=Self::MAX.0).contains(&value).then_some(Txid(value))
    }

    /// The number, from 1 to [`Txid::MAX`].
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The transaction id that follows. The one behind [`Txid::MAX`] serves comparisons only: no file carries it, and
    /// it is followed by itself.
    pub fn next(self) -> Self {
        Txid(self.0.saturating_add(1))
    }

    /// The transaction id before, or `None` before the first.
    pub fn previous(self) -> Option<Self> {
        Txid::new(self.0 - 1)
    }
}

impl fmt::Display for Txid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Txid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Txid({:x})", self.0)
    }
}

impl FromStr for Txid {
    type Err = ValueError;

    /// Accepts exactly 16 lowercase hex digits, as file names carry them.
    fn from_str(text: &str) -> Result<Self, ValueError> {
        let canonical = text.len() == 16 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        canonical
            .then(|| u64::from_str_radix(text, 16).ok())
            .flatten()
            .and_then(Txid::new)
            .ok_or_else(|| ValueError::BadTxid(text.chars().take(40).collect()))
    }
}

/// The transactions that a file covers, both ends included; `min <= max`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TxidRange {
    min: Txid,
    max: Txid,
}

impl TxidRange {
    /// The range from `min` to `max`. Refused if it ends before it begins.
    pub fn new(min: Txid, max: Txid) -> Result<Self, ValueError> {
        if min <= max {
            Ok(TxidRange { min, max })
        } else {
            Err(ValueError::TxidOrder { min: min.get(), max: max.get() })
        }
    }

    /// The range of one transaction.
    pub fn single(txid: Txid) -> Self {
        TxidRange { min: txid, max: txid }
    }

    /// The first transaction.
    pub fn min(self) -> Txid {
        self.min
    }

    /// The last transaction.
    pub fn max(self) -> Txid {
        self.max
    }

    /// True for a range from the first transaction. Such a file holds every page.
    pub fn is_snapshot(self) -> bool {
        self.min == Txid::MIN
    }

    /// True if a copy at `position` can apply this file and advances by it. `None`: the copy is empty.
    pub fn extends(self, position: Option<Txid>) -> bool {
        let at = position.map_or(0, Txid::get);
        self.min.get() <= at.saturating_add(1) && self.max.get() > at
    }
}

impl From<Txid> for TxidRange {
    fn from(txid: Txid) -> Self {
        TxidRange::single(txid)
    }
}

impl fmt::Display for TxidRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.min, self.max)
    }
}

impl fmt::Debug for TxidRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:x}", self.min.0, self.max.0)
    }
}

/// Number of a database page, from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageNumber(NonZeroU32);

impl PageNumber {
    /// Page 1.
    pub const FIRST: PageNumber = PageNumber(NonZeroU32::MIN);

    /// `None` for 0.
    pub fn new(value: u32) -> Option<Self> {
        NonZeroU32::new(value).map(PageNumber)
    }

    /// The number, from 1.
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for PageNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for PageNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PageNumber({})", self.0)
    }
}

/// Bytes in a page: a power of two from 512 to 65,536.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PageSize(u32);

impl PageSize {
    /// Refuses a number that is not a power of two from 512 to 65,536.
    pub fn new(bytes: u32) -> Result<Self, ValueError> {
        if bytes.is_power_of_two() && (512..=65_536).contains(&bytes) {
            Ok(PageSize(bytes))
        } else {
            Err(ValueError::BadPageSize(bytes))
        }
    }

    /// The size in bytes.
    pub fn get(self) -> u32 {
        self.0
    }

    /// The size in bytes, for lengths and indexes.
    pub fn bytes(self) -> usize {
        self.0 as usize
    }

    /// The page that SQLite locks, at 1 GiB; never stored, always skipped.
    pub fn lock_page(self) -> PageNumber {
        PageNumber::new((LOCK_BYTE / u64::from(self.0)) as u32 + 1).expect("BUG: lock page is never page 0")
    }

    /// The offset of a page in a database file, in bytes.
    pub fn offset_of(self, page: PageNumber) -> u64 {
        u64::from(page.get() - 1) * u64::from(self.0)
    }
}

impl fmt::Display for PageSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A time in Unix milliseconds, as in LTX headers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The time this many milliseconds after 1970; negative before.
    pub fn from_millis(millis: i64) -> Self {
        Timestamp(millis)
    }

    /// Milliseconds since 1970; negative before.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// The time from an earlier moment to this one; zero if that one is not earlier.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// The two salts of a WAL, in its header and in every frame. They change when the WAL restarts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Salt(pub u32, pub u32);

/// The part of a WAL that a file captured. All zero in merged files.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WalSpan {
    /// Offset of the first captured byte; 0 if the file is not from a WAL.
    pub offset: u64,
    /// Captured bytes; 0 if only the position is recorded.
    pub size: u64,
    /// The salts of that WAL.
    pub salt: Salt,
}

impl WalSpan {
    /// The offset at which a later capture of the same WAL resumes, in bytes.
    pub fn end(self) -> u64 {
        self.offset.saturating_add(self.size)
    }
}
