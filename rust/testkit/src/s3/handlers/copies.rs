//! CopyObject and UploadPartCopy.

use std::ops::Range as Span;

use s3s::dto::*;
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};

use super::super::storage::{Algorithm, Attributes, Content, Digests, Object, Part, Precondition, Storage};
use super::objects::plain_encoding;
use super::reads::{Conditions, check_source};
use super::{Answer, etag, fill_checksums, now};

pub(super) async fn copy_object(storage: &Storage, request: S3Request<CopyObjectInput>) -> Answer<CopyObjectOutput> {
    let condition = write_condition(&request)?;
    let input = request.input;
    storage.check_bucket(&input.bucket)?;
    let (bucket, key) = source_name(&input.copy_source)?;
    let source = storage.get(bucket, key)?;
    let conditions = Conditions {
        if_match: input.copy_source_if_match,
        if_none_match: input.copy_source_if_none_match,
        if_modified_since: input.copy_source_if_modified_since,
        if_unmodified_since: input.copy_source_if_unmodified_since,
    };
    check_source(&conditions, &source)?;
    let replaces =
        input.metadata_directive.as_ref().is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
    if !replaces && (bucket, key) == (input.bucket.as_str(), input.key.as_str()) {
        return Err(s3_error!(
            InvalidRequest,
            "This copy request is illegal because it is trying to copy an object to itself without changing anything."
        ));
    }
    let algorithm = input.checksum_algorithm.as_ref().and_then(|name| Algorithm::named(name.as_str()));
    let (content, digests) = copy(storage, &source.content, 0..source.content.size(), algorithm)?;
    let attributes = if replaces {
        Attributes {
            content_type: input.content_type,
            content_encoding: plain_encoding(input.content_encoding),
            content_language: input.content_language,
            content_disposition: input.content_disposition,
            cache_control: input.cache_control,
            metadata: input.metadata.unwrap_or_default().into_iter().collect(),
        }
    } else {
        source.attributes.clone()
    };
    let object =
        Object { content, etag: hex::encode(digests.md5), modified: now(), checksums: digests.checksums, attributes };
    let mut result = CopyObjectResult {
        e_tag: etag(&object.etag),
        last_modified: Some(object.modified.into()),
        ..Default::default()
    };
    fill_checksums!(result, object.checksums);
    storage.put(&input.bucket, &input.key, object, &condition)?;
    Ok(S3Response::new(CopyObjectOutput { copy_object_result: Some(result), ..Default::default() }))
}

pub(super) async fn upload_part_copy(
    storage: &Storage,
    request: S3Request<UploadPartCopyInput>,
) -> Answer<UploadPartCopyOutput> {
    let input = request.input;
    let upload = storage.upload(&input.bucket, &input.key, &input.upload_id)?;
    let (bucket, key) = source_name(&input.copy_source)?;
    let source = storage.get(bucket, key)?;
    let conditions = Conditions {
        if_match: input.copy_source_if_match,
        if_none_match: input.copy_source_if_none_match,
        if_modified_since: input.copy_source_if_modified_since,
        if_unmodified_since: input.copy_source_if_unmodified_since,
    };
    check_source(&conditions, &source)?;
    let span = source_span(input.copy_source_range.as_deref(), source.content.size())?;
    let (content, digests) = copy(storage, &source.content, span, upload.algorithm)?;
    let part = Part { content, md5: digests.md5, checksums: digests.checksums, modified: now() };
    let mut result =
        CopyPartResult { e_tag: etag(&part.etag()), last_modified: Some(part.modified.into()), ..Default::default() };
    fill_checksums!(result, part.checksums);
    storage.put_part(&input.bucket, &input.key, &input.upload_id, input.part_number, part)?;
    Ok(S3Response::new(UploadPartCopyOutput { copy_part_result: Some(result), ..Default::default() }))
}

/// `s3s` does not parse the target's conditions of a copy.
fn write_condition(request: &S3Request<CopyObjectInput>) -> S3Result<Precondition> {
    let parse = |name: &str| -> S3Result<Option<ETagCondition>> {
        let Some(value) = request.headers.get(name) else {
            return Ok(None);
        };
        let malformed = |_| s3_error!(InvalidArgument, "malformed {name}");
        ETagCondition::parse_http_header(value.as_bytes()).map(Some).map_err(malformed)
    };
    Ok(Precondition { if_match: parse("if-match")?, if_none_match: parse("if-none-match")? })
}

fn source_name(source: &CopySource) -> S3Result<(&str, &str)> {
    match source {
        CopySource::Bucket { bucket, key, .. } => Ok((bucket, key)),
        _ => Err(s3_error!(NotImplemented, "access points")),
    }
}

fn source_span(range: Option<&str>, size: u64) -> S3Result<Span<u64>> {
    let Some(range) = range else {
        return Ok(0..size);
    };
    let malformed =
        |_| s3_error!(InvalidArgument, "The x-amz-copy-source-range value must be of the form bytes=first-last");
    match Range::parse(range).map_err(malformed)? {
        Range::Int { first, last: Some(last) } if last < size => Ok(first..last + 1),
        Range::Int { .. } => {
            Err(s3_error!(InvalidRange, "Range specified is not valid for source object of size: {size}"))
        }
        Range::Suffix { .. } => Err(s3_error!(InvalidArgument, "a suffix is no x-amz-copy-source-range")),
    }
}

fn copy(
    storage: &Storage,
    source: &Content,
    span: Span<u64>,
    algorithm: Option<Algorithm>,
) -> S3Result<(Content, Digests)> {
    let mut intake = storage.intake(algorithm.as_slice())?;
    for piece in source.pieces(span) {
        let piece = piece.map_err(S3Error::internal_error)?;
        intake.write(&piece).map_err(S3Error::internal_error)?;
    }
    Ok(intake.finish())
}
