//! One object's size and time.

use std::collections::HashMap;

use aws_sdk_s3::primitives::DateTime;
use ltx::Timestamp;

use super::{Inner, TIMESTAMP};
use crate::store::{Key, Object, StoreError};

pub(super) async fn head(inner: &Inner, key: &Key) -> Result<Object, StoreError> {
    let answer = inner.client.head_object().bucket(&inner.bucket).key(key.as_str()).send().await;
    let answer = answer.map_err(|error| inner.context("look at", key.as_str()).error(&error))?;
    let modified_at = writers_time(answer.metadata()).unwrap_or_else(|| time(answer.last_modified()));
    Ok(Object { key: key.clone(), size: size(answer.content_length()), modified_at })
}

/// The writer's timestamp, if it is there and readable. Some servers change the case of names.
fn writers_time(metadata: Option<&HashMap<String, String>>) -> Option<Timestamp> {
    let (_, text) = metadata?.iter().find(|(name, _)| name.eq_ignore_ascii_case(TIMESTAMP))?;
    text.parse().ok()
}

pub(super) fn size(length: Option<i64>) -> u64 {
    length.unwrap_or_default().try_into().unwrap_or_default()
}

/// 1970 if a server leaves the date out.
pub(super) fn time(date: Option<&DateTime>) -> Timestamp {
    Timestamp::from_millis(date.and_then(|date| date.to_millis().ok()).unwrap_or_default())
}
