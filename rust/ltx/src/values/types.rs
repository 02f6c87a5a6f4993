//! The values every LTX file is made of, parsed once at the edge and printed canonically.

use std::{fmt, num::NonZeroU32, str::FromStr};

use crate::Error;

/// Byte 1,073,741,824 of a database lies on the lock page: SQLite locks there, so the page is never stored.
const LOCK_BYTE: u64 = 0x4000_0000;

/// A transaction id of the replica: one per sync, so it may cover several SQLite commits. Starts at 1; printed as
/// 16 lowercase hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Txid(u64);

impl Txid {
    pub const MIN: Txid = Txid(1);

    /// `None` for 0, which stands for "no transaction" on the wire.
    pub fn new(value: u64) -> Option<Self> {
        (value > 0).then_some(Txid(value))
    }

    pub fn get(self) -> u64 {
        self.0
    }

    /// The transaction id that follows.
    pub fn next(self) -> Self {
        Txid(self.0.checked_add(1).expect("BUG: TXIDs exhausted"))
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
    type Err = Error;

    /// Accepts exactly 16 lowercase hex digits, as file names carry them.
    fn from_str(text: &str) -> Result<Self, Error> {
        let canonical = text.len() == 16 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        canonical
            .then(|| u64::from_str_radix(text, 16).ok())
            .flatten()
            .and_then(Txid::new)
            .ok_or_else(|| Error::BadTxid(text.chars().take(40).collect()))
    }
}

/// The transactions a file covers, both ends included; `min <= max`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TxidRange {
    min: Txid,
    max: Txid,
}

impl TxidRange {
    pub fn new(min: Txid, max: Txid) -> Result<Self, Error> {
        if min <= max { Ok(TxidRange { min, max }) } else { Err(Error::TxidOrder { min, max }) }
    }

    pub fn single(txid: Txid) -> Self {
        TxidRange { min: txid, max: txid }
    }

    pub fn min(self) -> Txid {
        self.min
    }

    pub fn max(self) -> Txid {
        self.max
    }

    /// A file from the first transaction on holds every page.
    pub fn is_snapshot(self) -> bool {
        self.min == Txid::MIN
    }

    /// Whether a copy that stands at `position` (`None`: nothing yet) can apply this file and move forward.
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
    pub const FIRST: PageNumber = PageNumber(NonZeroU32::MIN);

    pub fn new(value: u32) -> Option<Self> {
        NonZeroU32::new(value).map(PageNumber)
    }

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
    pub fn new(bytes: u32) -> Result<Self, Error> {
        if bytes.is_power_of_two() && (512..=65_536).contains(&bytes) {
            Ok(PageSize(bytes))
        } else {
            Err(Error::BadPageSize(bytes))
        }
    }

    pub fn get(self) -> u32 {
        self.0
    }

    pub fn bytes(self) -> usize {
        self.0 as usize
    }

    /// The page that holds byte 1 GiB; never stored, always skipped.
    pub fn lock_page(self) -> PageNumber {
        PageNumber::new((LOCK_BYTE / u64::from(self.0)) as u32 + 1).expect("BUG: lock page is never page 0")
    }

    /// Where the page begins in a database file, in bytes.
    pub fn offset_of(self, page: PageNumber) -> u64 {
        u64::from(page.get() - 1) * u64::from(self.0)
    }
}

impl fmt::Display for PageSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A moment in Unix milliseconds, as LTX headers carry it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Timestamp(i64);

impl Timestamp {
    pub fn from_millis(millis: i64) -> Self {
        Timestamp(millis)
    }

    pub fn millis(self) -> i64 {
        self.0
    }
}

/// The two values a WAL writes into its header and every frame; they change when the WAL restarts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Salt(pub u32, pub u32);

/// Which bytes of which WAL a file captured. All zero in compacted files.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WalSpan {
    /// First byte captured; 0 means "not from a WAL".
    pub offset: u64,
    /// Bytes captured; 0 when only the position is recorded.
    pub size: u64,
    pub salt: Salt,
}

impl WalSpan {
    /// Where a later capture of the same WAL resumes, in bytes.
    pub fn end(self) -> u64 {
        self.offset.saturating_add(self.size)
    }
}
