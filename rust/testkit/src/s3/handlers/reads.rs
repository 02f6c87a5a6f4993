//! GetObject and HeadObject.

use std::ops::Range as Span;

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::super::storage::{Object, Storage};
use super::{Answer, etag, fill_checksums};

pub(super) async fn get_object(storage: &Storage, request: S3Request<GetObjectInput>) -> Answer<GetObjectOutput> {
    let input = request.input;
    let object = storage.get(&input.bucket, &input.key)?;
    Conditions {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    }
    .check(&object)?;
    let span = span(input.range, input.part_number, object.content.size())?;
    let pieces = object.content.pieces(span.bytes.clone());
    let mut output = GetObjectOutput {
        body: Some(StreamingBlob::wrap(futures::stream::iter(pieces))),
        content_length: i64::try_from(span.bytes.end - span.bytes.start).ok(),
        content_range: span.header,
        accept_ranges: Some("bytes".into()),
        e_tag: etag(&object.etag),
        last_modified: Some(object.modified.into()),
        metadata: metadata(&object),
        content_type: object.attributes.content_type.clone().or_else(default_type),
        content_encoding: object.attributes.content_encoding.clone(),
        content_language: object.attributes.content_language.clone(),
        content_disposition: object.attributes.content_disposition.clone(),
        cache_control: object.attributes.cache_control.clone(),
        ..Default::default()
    };
    // A checksum speaks of the whole object only.
    if wants_checksums(input.checksum_mode.as_ref()) && output.content_range.is_none() {
        fill_checksums!(output, object.checksums);
        output.checksum_type = object.checksums.kind().map(ChecksumType::from_static);
    }
    Ok(S3Response::new(output))
}

pub(super) async fn head_object(storage: &Storage, request: S3Request<HeadObjectInput>) -> Answer<HeadObjectOutput> {
    let input = request.input;
    let object = storage.get(&input.bucket, &input.key)?;
    Conditions {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    }
    .check(&object)?;
    let span = span(input.range, input.part_number, object.content.size())?;
    let mut output = HeadObjectOutput {
        content_length: i64::try_from(span.bytes.end - span.bytes.start).ok(),
        content_range: span.header,
        accept_ranges: Some("bytes".into()),
        e_tag: etag(&object.etag),
        last_modified: Some(object.modified.into()),
        metadata: metadata(&object),
        content_type: object.attributes.content_type.clone().or_else(default_type),
        content_encoding: object.attributes.content_encoding.clone(),
        content_language: object.attributes.content_language.clone(),
        content_disposition: object.attributes.content_disposition.clone(),
        cache_control: object.attributes.cache_control.clone(),
        ..Default::default()
    };
    if wants_checksums(input.checksum_mode.as_ref()) {
        fill_checksums!(output, object.checksums);
        output.checksum_type = object.checksums.kind().map(ChecksumType::from_static);
    }
    Ok(S3Response::new(output))
}

fn wants_checksums(mode: Option<&ChecksumMode>) -> bool {
    mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED)
}

fn default_type() -> Option<String> {
    Some("binary/octet-stream".into())
}

fn metadata(object: &Object) -> Option<Metadata> {
    let metadata = &object.attributes.metadata;
    (!metadata.is_empty()).then(|| metadata.clone().into_iter().collect())
}

struct Asked {
    bytes: Span<u64>,
    /// `Content-Range`, for a partial answer.
    header: Option<String>,
}

fn span(range: Option<Range>, part: Option<i32>, size: u64) -> S3Result<Asked> {
    if part.is_some() {
        return Err(s3_error!(NotImplemented, "reading by part number"));
    }
    let Some(range) = range else {
        return Ok(Asked { bytes: 0..size, header: None });
    };
    let unsatisfiable = |_| s3_error!(InvalidRange, "The requested range is not satisfiable");
    let bytes = range.check(size).map_err(unsatisfiable)?;
    if bytes.is_empty() {
        return Err(s3_error!(InvalidRange, "The requested range is not satisfiable"));
    }
    let header = format!("bytes {}-{}/{size}", bytes.start, bytes.end - 1);
    Ok(Asked { bytes, header: Some(header) })
}

/// The conditions of a read.
pub(super) struct Conditions {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
    pub(super) if_modified_since: Option<Timestamp>,
    pub(super) if_unmodified_since: Option<Timestamp>,
}

impl Conditions {
    /// An ETag outweighs a date, as RFC 9110 wants it.
    pub(super) fn check(&self, object: &Object) -> S3Result<()> {
        let is = |condition: &ETagCondition| condition.as_etag().is_none_or(|etag| etag.value() == object.etag);
        let changed_after = |time: &Timestamp| Timestamp::from(object.modified) > *time;
        match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) if !is(condition) => return Err(s3_error!(PreconditionFailed)),
            (None, Some(time)) if changed_after(time) => return Err(s3_error!(PreconditionFailed)),
            _ => {}
        }
        match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) if is(condition) => Err(not_modified(object)),
            (None, Some(time)) if !changed_after(time) => Err(not_modified(object)),
            _ => Ok(()),
        }
    }
}

fn not_modified(object: &Object) -> s3s::S3Error {
    let mut error = s3_error!(NotModified);
    let mut headers = http::HeaderMap::new();
    if let Ok(value) = format!("\"{}\"", object.etag).parse() {
        headers.insert(http::header::ETAG, value);
    }
    error.set_headers(headers);
    error
}

/// Checks the conditions on the source of a copy. Every failure is a failed precondition.
pub(super) fn check_source(conditions: &Conditions, object: &Object) -> S3Result<()> {
    conditions.check(object).map_err(|_| s3_error!(PreconditionFailed))
}
