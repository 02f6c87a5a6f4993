//! The failures of stores.

use std::path::PathBuf;

use super::object::Key;

/// Failure of a request to a store. Its message names the action, the place and a cure, and never a secret.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The object to read or copy does not exist.
    #[error("{location} has no object {key}")]
    NotFound {
        /// The store, as in `s3://bucket`.
        location: String,
        /// Key of the absent object.
        key: Key,
    },

    /// A conditional write found its key taken.
    #[error("{location} already has an object {key}")]
    AlreadyExists {
        /// The store, as in `s3://bucket`.
        location: String,
        /// Key of the existing object.
        key: Key,
    },

    /// The server has no bucket of this name.
    #[error("bucket {bucket} does not exist at {endpoint}; create it or correct LITESTREAM_REPLICA_BUCKET")]
    MissingBucket {
        /// Name of the bucket.
        bucket: String,
        /// Address of the server, or `Amazon S3 in <region>`.
        endpoint: String,
    },

    /// Wrong key id, wrong secret, a missing permission, or a limit of the account.
    #[error("{location} denied access ({code}): {}", advised(code, reason))]
    Denied {
        /// The store, as in `s3://bucket`.
        location: String,
        /// S3's error code, the HTTP status, or `no credentials`.
        code: String,
        /// The store's own words; empty if it gave none.
        reason: String,
    },

    /// No answer: name resolution, connection, TLS or timeout.
    #[error("{location} cannot be reached: {problem}")]
    Unreachable {
        /// The store, as in `s3://bucket`.
        location: String,
        /// The network error, with the address.
        problem: String,
        /// True if the request may have arrived.
        sent: bool,
    },

    /// A 5xx, 408 or 429 that persisted through all retries.
    #[error("{location} is not serving requests now ({code}{}); it was retried", after_colon(reason))]
    Unavailable {
        /// The store, as in `s3://bucket`.
        location: String,
        /// S3's error code, or the HTTP status.
        code: String,
        /// The store's own words; empty if it gave none.
        reason: String,
    },

    /// The answer does not come from S3, so the effect of the request is unknown.
    #[error("{action} {key} at {location}: {problem}: is the endpoint right, or does a proxy answer?")]
    NotS3 {
        /// A verb for the message, as in `write`.
        action: &'static str,
        /// Key or prefix of the request.
        key: String,
        /// The store, as in `s3://bucket`.
        location: String,
        /// The difference from an answer of S3.
        problem: String,
    },

    /// A batch deletion removed only some of its objects.
    #[error("{cause}; {left} of {all} objects were not deleted")]
    PartlyDeleted {
        /// Objects that remain; at least 1.
        left: usize,
        /// Objects in the batch.
        all: usize,
        /// The failure of the first remaining object.
        cause: Box<StoreError>,
    },

    /// The disk of a directory replica is full. Callers of the store see [`crate::Error::DiskFull`].
    #[error("no space is left on the disk of {}", path.display())]
    DiskFull {
        /// Directory of the store.
        path: PathBuf,
    },

    /// The server rejected the request itself (other 4xx), or a local file failed.
    #[error("{action} {key} at {location}: {problem}")]
    Failed {
        /// A verb for the message, as in `write`.
        action: &'static str,
        /// Key or prefix of the request.
        key: String,
        /// The store, as in `s3://bucket`.
        location: String,
        /// The reason.
        problem: String,
    },
}

impl StoreError {
    /// True for an absent object; false for an absent bucket.
    pub fn is_not_found(&self) -> bool {
        matches!(self, StoreError::NotFound { .. })
    }

    /// True if a conditional write found its key taken.
    pub fn is_already_exists(&self) -> bool {
        matches!(self, StoreError::AlreadyExists { .. })
    }

    /// True if a later attempt may succeed without a change; part of [`crate::Error::is_retryable`].
    pub fn is_retryable(&self) -> bool {
        match self {
            StoreError::Unreachable { .. } | StoreError::Unavailable { .. } => true,
            StoreError::PartlyDeleted { cause, .. } => cause.is_retryable(),
            _ => false,
        }
    }

    /// True if the request may have been carried out, in full or in part. So it is without an answer, after a 5xx, and
    /// after an answer that does not come from S3.
    pub fn may_have_taken_effect(&self) -> bool {
        let is_unknown = matches!(self, StoreError::PartlyDeleted { .. } | StoreError::NotS3 { .. });
        is_unknown || matches!(self, StoreError::Unreachable { sent: true, .. } | StoreError::Unavailable { .. })
    }

    /// Stable name of the failure, part of [`crate::Error::code`].
    pub fn code(&self) -> &'static str {
        match self {
            StoreError::NotFound { .. } => "object_not_found",
            StoreError::AlreadyExists { .. } => "object_exists",
            StoreError::MissingBucket { .. } => "missing_bucket",
            StoreError::Denied { .. } => "denied",
            StoreError::Unreachable { .. } => "unreachable",
            StoreError::Unavailable { .. } => "unavailable",
            StoreError::PartlyDeleted { cause, .. } => cause.code(),
            StoreError::NotS3 { .. } => "not_s3",
            StoreError::DiskFull { .. } => "disk_full",
            StoreError::Failed { .. } => "store_failed",
        }
    }
}

/// The store's reason first. Our advice is added only where it cannot contradict that reason.
fn advised(code: &str, reason: &str) -> String {
    let is_said = |common: &&str| reason.trim_end_matches('.').eq_ignore_ascii_case(common);
    let is_common = reason.is_empty() || ["access denied", "forbidden", code].iter().any(is_said);
    match code {
        _ if is_common => "check the access key id, the secret access key and the bucket policy".to_owned(),
        "InvalidAccessKeyId" | "SignatureDoesNotMatch" => {
            format!("{}; check the access key id and the secret access key", reason.trim_end_matches('.'))
        }
        _ => reason.to_owned(),
    }
}

fn after_colon(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_never_contradicts_the_reason_of_the_store() {
        let denied = |code: &str, reason: &str| {
            let (location, code, reason) = ("s3://backups".to_owned(), code.to_owned(), reason.to_owned());
            StoreError::Denied { location, code, reason }.to_string()
        };
        for (code, reason) in [("403", ""), ("AccessDenied", "Access Denied."), ("AccessDenied", "AccessDenied")] {
            assert!(denied(code, reason).contains("check the access key id, the secret"), "{code} {reason}");
        }
        let capped = denied("AccessDenied", "Cannot upload files, storage cap exceeded. See the Caps page.");
        assert!(
            capped.ends_with("(AccessDenied): Cannot upload files, storage cap exceeded. See the Caps page."),
            "{capped}"
        );
        let unknown = denied("InvalidAccessKeyId", "The key does not exist.");
        assert!(unknown.ends_with("does not exist; check the access key id and the secret access key"), "{unknown}");
    }
}
