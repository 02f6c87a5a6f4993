//! The errors of this crate: one variant for each rule of the format.

use std::io;

use crate::{Checksum, PageNumber, Txid, TxidRange, ValueError};

/// A broken rule of the format, or a failing reader or writer. Only [`Error::Io`] may be worth a retry: the others are
/// properties of the bytes or values.
#[expect(missing_docs, reason = "each message documents its variant")]
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("cannot read or write the LTX file: {0}")]
    Io(#[from] io::Error),

    #[error("LTX file ends at byte {offset}, inside its {part}; it was cut short, fetch it again")]
    Truncated { part: &'static str, offset: u64 },

    #[error("LTX file goes on after its trailer, from byte {offset}")]
    TrailingBytes { offset: u64 },

    #[error("this LTX file has already failed; start over with a new encoder or decoder")]
    AlreadyFailed,

    #[error(transparent)]
    Value(#[from] ValueError),

    // Header.
    #[error("not an LTX file: it begins with {0:02x?} instead of \"LTX1\"")]
    BadMagic([u8; 4]),

    #[error(
        "LTX header flags {0:#010x} hold a bit other than 0x2 (no checksum); files of the LiteFS era are not supported"
    )]
    BadHeaderFlags(u32),

    #[error("LTX header has {value:016x} as its {which} TXID; TXIDs go from 1 to {}", Txid::MAX)]
    BadHeaderTxid { which: &'static str, value: u64 },

    #[error("LTX header has the WAL {field} {value:#x}, beyond 63 bits")]
    WalRange { field: &'static str, value: u64 },

    #[error("LTX header has a WAL {0} but no WAL offset")]
    WalOffsetMissing(&'static str),

    #[error("LTX header of a snapshot holds a pre-apply checksum; nothing precedes a snapshot")]
    PreChecksumOnSnapshot,

    #[error("LTX file says it has no database checksums, but holds a {0} checksum")]
    ChecksumUnannounced(&'static str),

    #[error("LTX file says it has database checksums, but lacks the {0} one")]
    ChecksumMissing(&'static str),

    /// Litestream refuses to restore such files, so none is written.
    #[error("writing database checksums into an LTX file is not supported: leave the pre-apply checksum out")]
    TrackedWrite,

    #[error(
        "an LTX file for an empty database (0 pages) must hold the empty post-apply checksum, and Litestream cannot use it"
    )]
    EmptyDatabase,

    // Pages.
    #[error("page {page} has {found} bytes instead of {expected}")]
    PageLength { page: PageNumber, found: usize, expected: usize },

    #[error("page {page} lies beyond the {commit} pages of the database")]
    PageBeyondCommit { page: PageNumber, commit: u32 },

    #[error("page {page} comes after page {previous}; pages must ascend")]
    PageOrder { page: PageNumber, previous: PageNumber },

    #[error("page {0} is the lock page, which is never stored")]
    LockPage(PageNumber),

    #[error("snapshot goes on with page {found} where page {expected} must follow")]
    SnapshotGap { expected: PageNumber, found: PageNumber },

    #[error("snapshot of {commit} pages ends before page {missing}")]
    SnapshotIncomplete { missing: PageNumber, commit: u32 },

    #[error("page {page} has flags {flags:#06x}; only 0x0001 is known")]
    BadPageFlags { page: PageNumber, flags: u16 },

    #[error("end marker of the pages has flags {0:#06x} instead of zero")]
    BadEndMarker(u16),

    #[error("page {page} claims {found} compressed bytes; no page of this size needs more than {limit}")]
    CompressedLength { page: PageNumber, found: u32, limit: usize },

    #[error("page {page} does not expand: {problem}")]
    BadCompression { page: PageNumber, problem: String },

    #[error("page {page} is not a valid LZ4 frame: {problem}")]
    BadFrame { page: PageNumber, problem: &'static str },

    // Page index and trailer.
    #[error("page index does not list the pages of the file")]
    PageIndexMismatch,

    #[error("page index claims {found} bytes instead of {expected}")]
    PageIndexLength { found: u64, expected: u64 },

    #[error("page index is malformed: {0}")]
    BadPageIndex(&'static str),

    #[error("file checksum is {computed}, but the trailer says {stored}; the file is damaged")]
    FileChecksum { stored: Checksum, computed: Checksum },

    #[error("post-apply checksum is {computed}, but the trailer says {stored}")]
    PostChecksum { stored: Checksum, computed: Checksum },

    // Merging.
    /// An error of one file among those merged; `index` counts from 0, oldest first.
    #[error("file {} of the merge: {source}", index + 1)]
    Input { index: usize, source: Box<Error> },

    #[error("nothing to merge")]
    NoInputs,

    #[error("cannot merge {txids}: its page size is {found}, that of the files before it {expected}")]
    PageSizeMismatch { txids: TxidRange, found: u32, expected: u32 },

    #[error("cannot merge {next} after {previous}: it must follow without a gap and reach further")]
    NotContiguous { previous: TxidRange, next: TxidRange },

    #[error("{txids} grows the database from {from} to {to} pages, but lacks some of the new ones")]
    GrowthHole { txids: TxidRange, from: u32, to: u32 },
}

impl Error {
    /// Returns the error of the reader or writer, also from inside a merge. `Err` holds any other error, which is about the
    /// content.
    pub fn into_io(self) -> Result<io::Error, Error> {
        match self {
            Error::Io(error) => Ok(error),
            Error::Input { index, source } => source.into_io().map_err(|source| Error::input(index, source)),
            content => Err(content),
        }
    }

    pub(crate) fn input(index: usize, source: Error) -> Error {
        Error::Input { index, source: Box::new(source) }
    }
}
