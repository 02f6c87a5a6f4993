//! `If-Match` and `If-None-Match` of a write.

use s3s::dto::ETagCondition;
use s3s::{S3Result, s3_error};

use super::object::Object;

/// The conditions on the object that a write would replace.
#[derive(Debug, Clone, Default)]
pub(in crate::s3) struct Precondition {
    pub(in crate::s3) if_match: Option<ETagCondition>,
    pub(in crate::s3) if_none_match: Option<ETagCondition>,
}

impl Precondition {
    pub(super) fn check(&self, current: Option<&Object>) -> S3Result<()> {
        match (&self.if_none_match, current) {
            (Some(ETagCondition::Any), Some(_)) => return Err(failed("If-None-Match")),
            // Like Amazon: only the star is allowed on a write.
            (Some(ETagCondition::ETag(_)), _) => {
                return Err(s3_error!(NotImplemented, "If-None-Match takes only * on a write"));
            }
            _ => {}
        }
        match (&self.if_match, current) {
            (None, _) | (Some(ETagCondition::Any), Some(_)) => Ok(()),
            (Some(_), None) => Err(s3_error!(NoSuchKey, "The specified key does not exist.")),
            (Some(ETagCondition::ETag(etag)), Some(object)) if etag.value() == object.etag => Ok(()),
            (Some(ETagCondition::ETag(_)), Some(_)) => Err(failed("If-Match")),
        }
    }
}

fn failed(condition: &'static str) -> s3s::S3Error {
    s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold: {condition}")
}
