//! The failures of stores.

use std::path::PathBuf;

use super::object::Key;

/// Names what, where and what to do. Never carries a secret.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    #[error("{location} has no object {key}")]
    NotFound { location: String, key: Key },

    /// A conditional write lost: the key is taken.
    #[error("{location} already has an object {key}")]
    AlreadyExists { location: String, key: Key },

    #[error("bucket {bucket} does not exist at {endpoint}; create it or correct LITESTREAM_REPLICA_BUCKET")]
    MissingBucket { bucket: String, endpoint: String },

    /// Wrong key id, wrong secret, no right to do this, or a limit of the account. `reason`: the store's own words; empty
    /// where it has none.
    #[error("{location} denied access ({code}): {}", advised(code, reason))]
    Denied { location: String, code: String, reason: String },

    /// No answer: name resolution, connection, TLS or time-out. `sent`: the request may have arrived.
    #[error("{location} cannot be reached: {problem}")]
    Unreachable { location: String, problem: String, sent: bool },

    /// 5xx and 429 that outlasted the retries. `reason`: as in [`StoreError::Denied`].
    #[error("{location} is not serving requests now ({code}{}); it was retried", after_colon(reason))]
    Unavailable { location: String, code: String, reason: String },

    /// The answer is not one of S3's, so that nothing is known of what was done.
    #[error("{action} {key} at {location}: {problem}: is the endpoint right, or does a proxy answer?")]
    NotS3 { action: &'static str, key: String, location: String, problem: String },

    /// Some objects were deleted, these were not.
    #[error("{cause}; {left} of {all} objects were not deleted")]
    PartlyDeleted { left: usize, all: usize, cause: Box<StoreError> },

    /// The disk of a replica in a directory. [`crate::Error::DiskFull`] for everyone above the store.
    #[error("no space is left on the disk of {}", path.display())]
    DiskFull { path: PathBuf },

    /// The request itself was refused (other 4xx), or local disk failed.
    #[error("{action} {key} at {location}: {problem}")]
    Failed { action: &'static str, key: String, location: String, problem: String },
}

impl StoreError {
    pub fn is_not_found(&self) -> bool {
        matches!(self, StoreError::NotFound { .. })
    }

    pub fn is_already_exists(&self) -> bool {
        matches!(self, StoreError::AlreadyExists { .. })
    }

    /// The part of [`crate::Error::is_retryable`] that is about stores.
    pub fn is_retryable(&self) -> bool {
        match self {
            StoreError::Unreachable { .. } | StoreError::Unavailable { .. } => true,
            StoreError::PartlyDeleted { cause, .. } => cause.is_retryable(),
            _ => false,
        }
    }

    /// True if the request may have been carried out nevertheless, or in part: no answer came, one that reports a failure on
    /// the way, or one that is not S3's.
    pub fn may_have_taken_effect(&self) -> bool {
        let is_unknown = matches!(self, StoreError::PartlyDeleted { .. } | StoreError::NotS3 { .. });
        is_unknown || matches!(self, StoreError::Unreachable { sent: true, .. } | StoreError::Unavailable { .. })
    }

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

/// The store's reason comes first. Advice of ours is added only where it cannot contradict that.
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
