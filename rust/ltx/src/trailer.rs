//! The last 16 bytes of an LTX file: two checksums, big-endian, the second one over everything before it.

use crate::{Checksum, Error, Header};

/// The end of an LTX file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trailer {
    /// Checksum of the database after this file; `None` if the file does not track database checksums.
    pub post_apply_checksum: Option<Checksum>,
    /// Checksum of header, page headers, *uncompressed* pages, page index and post-apply checksum.
    pub file_checksum: Checksum,
}

impl Trailer {
    /// Bytes of an encoded trailer.
    pub const LEN: usize = 16;

    /// Decodes the first half, which the file checksum covers, and checks it against the header.
    pub(crate) fn decode_post_apply(bytes: [u8; 8], header: &Header, tracked: bool) -> Result<Option<Checksum>, Error> {
        let post_apply = Checksum::from_wire(u64::from_be_bytes(bytes))?;
        match post_apply {
            Some(_) if !tracked => Err(Error::ChecksumUnannounced("post-apply")),
            None if tracked => Err(Error::ChecksumMissing("post-apply")),
            found if header.commit == 0 && found != Some(Checksum::EMPTY) => Err(Error::EmptyDatabase),
            found => Ok(found),
        }
    }
}
