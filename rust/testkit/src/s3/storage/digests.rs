//! The digests S3 knows: MD5 for ETags, and five checksums that a client may claim.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};
use serde::{Deserialize, Serialize};

/// A checksum algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(in crate::s3) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

impl Algorithm {
    pub(in crate::s3) const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// The header that carries its value.
    pub(in crate::s3) fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// Its name in `x-amz-checksum-algorithm` and `x-amz-sdk-checksum-algorithm`.
    pub(in crate::s3) fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    pub(in crate::s3) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }
}

/// Checksums of one content, base64 as in the headers. A value with `-N` at its end is a checksum
/// of the checksums of N parts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::s3) struct Checksums(pub(in crate::s3) BTreeMap<Algorithm, String>);

impl Checksums {
    pub(in crate::s3) fn get(&self, algorithm: Algorithm) -> Option<String> {
        self.0.get(&algorithm).cloned()
    }

    /// `COMPOSITE` or `FULL_OBJECT`; `None` without checksums.
    pub(in crate::s3) fn kind(&self) -> Option<&'static str> {
        let value = self.0.values().next()?;
        Some(if value.contains('-') { "COMPOSITE" } else { "FULL_OBJECT" })
    }
}

/// Everything known of a content once it was read to its end.
#[derive(Debug, Clone)]
pub(in crate::s3) struct Digests {
    pub(in crate::s3) md5: [u8; 16],
    pub(in crate::s3) checksums: Checksums,
}

/// Digests a content as it passes.
pub(super) struct Hasher {
    md5: Md5,
    checksums: ChecksumHasher,
}

impl Hasher {
    pub(super) fn new(algorithms: &[Algorithm]) -> Self {
        let mut checksums = ChecksumHasher::default();
        for algorithm in algorithms {
            match algorithm {
                Algorithm::Crc32 => checksums.crc32 = Some(Crc32::new()),
                Algorithm::Crc32c => checksums.crc32c = Some(Crc32c::new()),
                Algorithm::Crc64Nvme => checksums.crc64nvme = Some(Crc64Nvme::new()),
                Algorithm::Sha1 => checksums.sha1 = Some(Sha1::new()),
                Algorithm::Sha256 => checksums.sha256 = Some(Sha256::new()),
            }
        }
        Self { md5: Md5::new(), checksums }
    }

    pub(super) fn update(&mut self, data: &[u8]) {
        self.md5.update(data);
        self.checksums.update(data);
    }

    pub(super) fn finish(self) -> Digests {
        let sums = self.checksums.finalize();
        let values = [
            (Algorithm::Crc32, sums.checksum_crc32),
            (Algorithm::Crc32c, sums.checksum_crc32c),
            (Algorithm::Crc64Nvme, sums.checksum_crc64nvme),
            (Algorithm::Sha1, sums.checksum_sha1),
            (Algorithm::Sha256, sums.checksum_sha256),
        ];
        let known = values.into_iter().filter_map(|(algorithm, value)| Some((algorithm, value?)));
        Digests { md5: self.md5.finalize(), checksums: Checksums(known.collect()) }
    }
}

impl Digests {
    pub(in crate::s3) fn of(data: &[u8], algorithms: &[Algorithm]) -> Self {
        let mut hasher = Hasher::new(algorithms);
        hasher.update(data);
        hasher.finish()
    }
}

pub(in crate::s3) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(in crate::s3) fn base64_decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}
