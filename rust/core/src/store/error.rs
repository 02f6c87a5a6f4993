//! What a store can answer instead of doing as asked.

use super::Key;

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

    /// Wrong key id, wrong secret, or no right to do this.
    #[error("{location} denied access ({code}): check the access key id, the secret access key and the bucket policy")]
    Denied { location: String, code: String },

    /// No answer: name resolution, connection, TLS or time-out. `sent`: the request may have arrived.
    #[error("{location} cannot be reached: {problem}")]
    Unreachable { location: String, problem: String, sent: bool },

    /// 5xx and 429 that outlasted the retries.
    #[error("{location} is not serving requests now ({code}); it was retried")]
    Unavailable { location: String, code: String },

    /// Some objects were deleted, these were not.
    #[error("{cause}; {left} of {all} objects were not deleted")]
    PartlyDeleted { left: usize, all: usize, cause: Box<StoreError> },

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

    /// Trying again later may help without anyone changing anything.
    pub fn is_retryable(&self) -> bool {
        match self {
            StoreError::Unreachable { .. } | StoreError::Unavailable { .. } => true,
            StoreError::PartlyDeleted { cause, .. } => cause.is_retryable(),
            _ => false,
        }
    }

    /// What was asked may have been done nevertheless, or in part: no answer came, or one that says that something broke on
    /// the way.
    pub fn may_have_taken_effect(&self) -> bool {
        let in_part = matches!(self, StoreError::PartlyDeleted { .. });
        in_part || matches!(self, StoreError::Unreachable { sent: true, .. } | StoreError::Unavailable { .. })
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
            StoreError::Failed { .. } => "store_failed",
        }
    }
}
