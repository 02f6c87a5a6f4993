//! DeleteObject and DeleteObjects.

use http::StatusCode;
use s3s::dto::*;
use s3s::{S3Request, S3Response, s3_error};

use super::super::storage::{Precondition, Storage};
use super::Answer;

/// S3's limit for one DeleteObjects.
const MOST_KEYS: usize = 1000;

pub(super) async fn delete_object(
    storage: &Storage,
    request: S3Request<DeleteObjectInput>,
) -> Answer<DeleteObjectOutput> {
    let input = request.input;
    let condition = Precondition { if_match: input.if_match, if_none_match: None };
    storage.delete(&input.bucket, &input.key, &condition)?;
    Ok(S3Response::with_status(DeleteObjectOutput::default(), StatusCode::NO_CONTENT))
}

pub(super) async fn delete_objects(
    storage: &Storage,
    request: S3Request<DeleteObjectsInput>,
) -> Answer<DeleteObjectsOutput> {
    let input = request.input;
    storage.check_bucket(&input.bucket)?;
    if input.delete.objects.is_empty() || input.delete.objects.len() > MOST_KEYS {
        return Err(s3_error!(MalformedXML, "DeleteObjects takes 1 to {MOST_KEYS} keys"));
    }
    let quiet = input.delete.quiet.unwrap_or(false);
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    for object in input.delete.objects {
        let condition = Precondition { if_match: object.e_tag.map(ETagCondition::ETag), if_none_match: None };
        match storage.delete(&input.bucket, &object.key, &condition) {
            Ok(()) if quiet => {}
            Ok(()) => deleted.push(DeletedObject { key: Some(object.key), ..Default::default() }),
            Err(error) => errors.push(Error {
                key: Some(object.key),
                code: Some(error.code().as_str().to_owned()),
                message: error.message().map(ToOwned::to_owned),
                ..Default::default()
            }),
        }
    }
    let errors = (!errors.is_empty()).then_some(errors);
    Ok(S3Response::new(DeleteObjectsOutput { deleted: Some(deleted), errors, ..Default::default() }))
}
