//! Deletes many objects with one request.

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use aws_smithy_types::base64;
use md5::{Digest, Md5};

use super::{Inner, error::bounded};
use crate::store::{Key, StoreError};

/// Most keys that S3 accepts in one request.
const BATCH: usize = 1000;

pub(super) async fn delete(inner: &Inner, keys: &[Key]) -> Result<(), StoreError> {
    for batch in keys.chunks(BATCH) {
        delete_batch(inner, batch).await?;
    }
    Ok(())
}

async fn delete_batch(inner: &Inner, keys: &[Key]) -> Result<(), StoreError> {
    let first = keys.first().map_or("", Key::as_str);
    let context = inner.context("delete", first);
    let objects = keys.iter().map(|key| ObjectIdentifier::builder().key(key.as_str()).build());
    let objects = objects.collect::<Result<Vec<_>, _>>().map_err(|error| context.failed(error.to_string()))?;
    let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build();
    let delete = delete.map_err(|error| context.failed(error.to_string()))?;
    let mut request = inner.client.delete_objects().bucket(&inner.bucket).delete(delete).customize();
    if inner.provider.takes_content_md5() {
        request = request.mutate_request(|request| {
            let digest = Md5::digest(request.body().bytes().unwrap_or_default());
            request.headers_mut().insert("content-md5", base64::encode(digest));
        });
    }
    let answer = request.send().await.map_err(|error| context.error(&error))?;
    // The answer is 200 even if objects remain.
    let remaining: Vec<_> = answer.errors().iter().filter(|error| error.code() != Some("NoSuchKey")).collect();
    let Some(error) = remaining.first() else { return Ok(()) };
    let key = bounded(error.key().unwrap_or(first));
    let context = inner.context("delete", &key);
    let cause = context.object_error(error.code().unwrap_or("unknown"), error.message().unwrap_or_default());
    let (left, all) = (remaining.len(), keys.len());
    Err(if left == all { cause } else { StoreError::PartlyDeleted { left, all, cause: Box::new(cause) } })
}
