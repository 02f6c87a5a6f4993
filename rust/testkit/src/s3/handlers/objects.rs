//! PutObject.

use s3s::dto::*;
use s3s::{S3Request, S3Response};

use super::super::storage::{Attributes, Object, Precondition, Storage};
use super::intake::{Claims, receive};
use super::{Answer, etag, fill_checksums, now};

pub(super) async fn put_object(storage: &Storage, request: S3Request<PutObjectInput>) -> Answer<PutObjectOutput> {
    let claims = Claims::of(&request);
    let input = request.input;
    storage.check_bucket(&input.bucket)?;
    let (content, digests) = receive(storage, input.body, &claims, None).await?;
    let object = Object {
        content,
        etag: hex::encode(digests.md5),
        modified: now(),
        checksums: digests.checksums,
        attributes: Attributes {
            content_type: input.content_type,
            content_encoding: plain_encoding(input.content_encoding),
            content_language: input.content_language,
            content_disposition: input.content_disposition,
            cache_control: input.cache_control,
            metadata: input.metadata.unwrap_or_default().into_iter().collect(),
        },
    };
    let mut output = PutObjectOutput { e_tag: etag(&object.etag), ..Default::default() };
    fill_checksums!(output, object.checksums);
    let condition = Precondition { if_match: input.if_match, if_none_match: input.if_none_match };
    storage.put(&input.bucket, &input.key, object, &condition)?;
    Ok(S3Response::new(output))
}

/// The encoding of the object itself, without that of its way here.
pub(super) fn plain_encoding(encoding: Option<String>) -> Option<String> {
    let encoding = encoding?;
    let own: Vec<&str> = encoding.split(',').map(str::trim).filter(|name| *name != "aws-chunked").collect();
    (!own.is_empty()).then(|| own.join(","))
}
