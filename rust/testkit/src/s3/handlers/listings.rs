//! ListObjects, version 1 and 2.

use std::sync::Arc;

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::super::storage::{Listing, Object as StoredObject, Page, Storage};
use super::{Answer, etag};

/// S3's page size.
const MOST_NAMES: i32 = 1000;

pub(super) async fn list_objects(storage: &Storage, request: S3Request<ListObjectsInput>) -> Answer<ListObjectsOutput> {
    let input = request.input;
    let limit = limit(input.max_keys)?;
    let delimiter = input.delimiter.filter(|delimiter| !delimiter.is_empty());
    let marker = input.marker.unwrap_or_default();
    let page = storage.list(
        &input.bucket,
        &Listing {
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter: delimiter.clone(),
            after: marker.clone(),
            limit,
        },
    )?;
    let encode = Encoding::of(input.encoding_type.as_ref());
    let more = page.next.is_some();
    // Without a delimiter the client goes on from the last key.
    let next_marker = page.next.as_ref().filter(|_| delimiter.is_some()).map(|next| encode.apply(next));
    let (contents, common_prefixes) = entries(page, encode);
    Ok(S3Response::new(ListObjectsOutput {
        name: Some(input.bucket),
        prefix: Some(encode.apply(&input.prefix.unwrap_or_default())),
        marker: Some(encode.apply(&marker)),
        delimiter: delimiter.map(|delimiter| encode.apply(&delimiter)),
        max_keys: Some(input.max_keys.unwrap_or(MOST_NAMES)),
        encoding_type: input.encoding_type,
        is_truncated: Some(more),
        next_marker,
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        ..Default::default()
    }))
}

pub(super) async fn list_objects_v2(
    storage: &Storage,
    request: S3Request<ListObjectsV2Input>,
) -> Answer<ListObjectsV2Output> {
    let input = request.input;
    let limit = limit(input.max_keys)?;
    let delimiter = input.delimiter.filter(|delimiter| !delimiter.is_empty());
    let after = match &input.continuation_token {
        Some(token) => name_of(token)?,
        None => input.start_after.clone().unwrap_or_default(),
    };
    let page = storage.list(
        &input.bucket,
        &Listing { prefix: input.prefix.clone().unwrap_or_default(), delimiter: delimiter.clone(), after, limit },
    )?;
    let encode = Encoding::of(input.encoding_type.as_ref());
    let next = page.next.as_ref().map(hex::encode);
    let (contents, common_prefixes) = entries(page, encode);
    Ok(S3Response::new(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: Some(encode.apply(&input.prefix.unwrap_or_default())),
        start_after: input.start_after.map(|name| encode.apply(&name)),
        delimiter: delimiter.map(|delimiter| encode.apply(&delimiter)),
        max_keys: Some(input.max_keys.unwrap_or(MOST_NAMES)),
        encoding_type: input.encoding_type,
        key_count: i32::try_from(contents.len() + common_prefixes.len()).ok(),
        is_truncated: Some(next.is_some()),
        continuation_token: input.continuation_token,
        next_continuation_token: next,
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        ..Default::default()
    }))
}

fn limit(asked: Option<i32>) -> S3Result<usize> {
    let asked = asked.unwrap_or(MOST_NAMES);
    usize::try_from(asked.min(MOST_NAMES)).map_err(|_| s3_error!(InvalidArgument, "max-keys must not be negative"))
}

/// A token is the last name of the page before, in hex.
fn name_of(token: &str) -> S3Result<String> {
    let name = hex::decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    name.ok_or_else(|| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))
}

fn entries(page: Page, encode: Encoding) -> (Vec<Object>, Vec<CommonPrefix>) {
    let objects = page.objects.into_iter().map(|(key, object)| entry(encode.apply(&key), &object)).collect();
    let prefix = |name: String| CommonPrefix { prefix: Some(encode.apply(&name)) };
    (objects, page.common_prefixes.into_iter().map(prefix).collect())
}

fn entry(key: String, object: &Arc<StoredObject>) -> Object {
    Object {
        key: Some(key),
        size: i64::try_from(object.content.size()).ok(),
        e_tag: etag(&object.etag),
        last_modified: Some(object.modified.into()),
        storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
        ..Default::default()
    }
}

/// How names are written into the answer: XML can't carry every character a key may have.
#[derive(Clone, Copy)]
enum Encoding {
    Plain,
    Url,
}

impl Encoding {
    fn of(asked: Option<&EncodingType>) -> Self {
        match asked {
            Some(encoding) if encoding.as_str() == EncodingType::URL => Self::Url,
            _ => Self::Plain,
        }
    }

    fn apply(self, name: &str) -> String {
        match self {
            Self::Plain => name.to_owned(),
            Self::Url => name.bytes().map(escape).collect(),
        }
    }
}

fn escape(byte: u8) -> String {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'/' => char::from(byte).to_string(),
        b' ' => "+".to_owned(),
        _ => format!("%{byte:02X}"),
    }
}
