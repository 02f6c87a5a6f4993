//! Writes an object with one request.

use std::{
    path::Path,
    sync::{Arc, atomic::Ordering},
};

use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use bytes::Bytes;

use super::{CONTENT_TYPE, Inner, TIMESTAMP, error::is_not_implemented, multipart};
use crate::store::{Body, Key, PutOptions, StoreError};

/// Sends bytes, and files up to the part size, with one request; larger files in parts.
pub(super) async fn put(inner: &Arc<Inner>, key: &Key, body: Body, options: PutOptions) -> Result<(), StoreError> {
    match body {
        Body::Bytes(data) => put_whole(inner, key, data, options).await,
        Body::File { path, size } if size <= inner.part_size => {
            let data = read(inner, key, &path, size).await?;
            put_whole(inner, key, data, options).await
        }
        Body::File { path, size } => multipart::put(inner, key, path, size, options).await,
    }
}

async fn put_whole(inner: &Inner, key: &Key, data: Bytes, options: PutOptions) -> Result<(), StoreError> {
    let mut condition = inner.condition(options);
    loop {
        let mut request = inner
            .client
            .put_object()
            .bucket(&inner.bucket)
            .key(key.as_str())
            .content_type(CONTENT_TYPE)
            .set_storage_class(inner.storage_class.clone())
            .set_if_none_match(condition.map(str::to_owned))
            .body(ByteStream::new(SdkBody::from(data.clone())));
        if let Some(timestamp) = options.timestamp {
            request = request.metadata(TIMESTAMP, timestamp.to_string());
        }
        match request.send().await {
            Ok(_) => return Ok(()),
            Err(error) if condition.is_some() && is_not_implemented(&error) => {
                inner.refuses_conditions.store(true, Ordering::Relaxed);
                condition = None;
            }
            Err(error) => return Err(inner.context("write", key.as_str()).error(&error)),
        }
    }
}

impl Inner {
    /// The value of `If-None-Match` for these options, unless the server reported that it does not support the header.
    pub(super) fn condition(&self, options: PutOptions) -> Option<&'static str> {
        (options.only_if_absent && !self.refuses_conditions.load(Ordering::Relaxed)).then_some("*")
    }
}

async fn read(inner: &Inner, key: &Key, path: &Path, size: u64) -> Result<Bytes, StoreError> {
    let context = inner.context("write", key.as_str());
    let data = tokio::fs::read(path).await;
    let data = data.map_err(|error| context.failed(format!("cannot read {}: {error}", path.display())))?;
    if data.len() as u64 != size {
        return Err(context.failed(format!("{} holds {} bytes, not {size}", path.display(), data.len())));
    }
    Ok(data.into())
}
