//! Reads an object, and resumes after a broken connection.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_sdk_s3::{operation::get_object::GetObjectOutput, primitives::ByteStream};
use bytes::Bytes;

use super::{Inner, error::chain, head};
use crate::store::{ByteRange, Chunks, Key, StoreError};

/// Consecutive requests that may break without a byte.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(200);

/// Requests the range. Returns before its first bytes arrive.
pub(super) async fn open(inner: Arc<Inner>, key: Key, range: ByteRange) -> Result<S3Chunks, StoreError> {
    let context = inner.context("read", key.as_str());
    if range.end.is_some_and(|end| end <= range.start) {
        return Err(context.failed(format!("bytes {range} are none")));
    }
    let answer = request(&inner, &key, range, None).await?;
    let (length, e_tag) = (answer.content_length(), answer.e_tag().map(str::to_owned));
    let end = length.map(|length| range.start.saturating_add(head::size(Some(length))));
    if range.end.is_some() && end != range.end {
        let held = end.map_or_else(|| "an unknown number of".into(), |end| (end - range.start).to_string());
        return Err(context.failed(format!("bytes {range} are not all there: the server offers {held} bytes")));
    }
    Ok(S3Chunks { body: answer.body, next: range.start, end, e_tag, inner, key })
}

async fn request(
    inner: &Inner,
    key: &Key,
    range: ByteRange,
    e_tag: Option<String>,
) -> Result<GetObjectOutput, StoreError> {
    let header = match range {
        // An empty object has no byte 0, so a request for a range would be refused.
        ByteRange::ALL => None,
        ByteRange { start, end: Some(end) } => Some(format!("bytes={start}-{}", end - 1)),
        ByteRange { start, end: None } => Some(format!("bytes={start}-")),
    };
    let context = inner.context("read", key.as_str());
    let request = inner.client.get_object().bucket(&inner.bucket).key(key.as_str());
    let answer = request.set_if_match(e_tag).set_range(header).send().await;
    let answer = answer.map_err(|error| match context.error(&error) {
        // The only condition here: the object must still be the one whose beginning was read.
        StoreError::AlreadyExists { .. } => context.failed("it was replaced while it was read".into()),
        other => other,
    })?;
    let begins = format!("bytes {}-", range.start);
    if range.start > 0 && !answer.content_range().is_some_and(|range| range.starts_with(&begins)) {
        return Err(context.failed(format!("the server does not answer with the range {range} that it was asked for")));
    }
    Ok(answer)
}

/// Bytes from `next` on; requests the rest when a body ends early or stalls.
pub(super) struct S3Chunks {
    inner: Arc<Inner>,
    key: Key,
    body: ByteStream,
    next: u64,
    /// One past the last byte; `None` if the server did not report the length.
    end: Option<u64>,
    /// The ETag of the object being read.
    e_tag: Option<String>,
}

#[async_trait]
impl Chunks for S3Chunks {
    async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        let mut broken = 0;
        loop {
            let problem = match self.body.next().await {
                Some(Ok(chunk)) if chunk.is_empty() => continue,
                Some(Ok(chunk)) => return self.advance(chunk).map(Some),
                None if self.end.is_none_or(|end| end == self.next) => return Ok(None),
                None => "the body ended early".into(),
                // All bytes arrived: a failure of the connection changes nothing now.
                Some(Err(_)) if self.end == Some(self.next) => return Ok(None),
                Some(Err(error)) => chain(&error),
            };
            broken += 1;
            if broken > TRIES {
                let context = self.inner.context("read", self.key.as_str());
                return Err(context.failed(format!("at byte {}, {broken} times: {problem}", self.next)));
            }
            tokio::time::sleep(PAUSE * broken).await;
            self.resume().await?;
        }
    }
}

impl S3Chunks {
    fn advance(&mut self, chunk: Bytes) -> Result<Bytes, StoreError> {
        self.next += chunk.len() as u64;
        if self.end.is_some_and(|end| self.next > end) {
            let context = self.inner.context("read", self.key.as_str());
            return Err(context.failed("the body is longer than announced".into()));
        }
        Ok(chunk)
    }

    async fn resume(&mut self) -> Result<(), StoreError> {
        let rest = ByteRange { start: self.next, end: self.end };
        self.body = request(&self.inner, &self.key, rest, self.e_tag.clone()).await?.body;
        Ok(())
    }
}
