//! Listing, a page of up to 1000 objects for each request.

use std::collections::HashSet;

use async_trait::async_trait;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;

use super::{Inner, error::RequestContext, head};
use crate::store::{Key, Object, Pages, StoreError};

/// Consecutive empty pages that a server may send; some leave out deleted objects.
const MAX_EMPTY_PAGES: u32 = 1000;

pub(super) struct S3Listing<'a> {
    inner: &'a Inner,
    prefix: String,
    after: Option<Key>,
    next: NextPage,
    /// Tokens of the pages so far.
    tokens: HashSet<String>,
    empty_pages: u32,
}

enum NextPage {
    First,
    Token(String),
    End,
}

impl<'a> S3Listing<'a> {
    pub(super) fn new(inner: &'a Inner, prefix: &str, after: Option<&Key>) -> Self {
        let (prefix, after) = (prefix.into(), after.cloned());
        S3Listing { inner, prefix, after, next: NextPage::First, tokens: HashSet::new(), empty_pages: 0 }
    }

    /// The position of the next page. Fails if the server repeats itself, since the listing would never end.
    fn follow(&mut self, page: &ListObjectsV2Output, context: &RequestContext<'_>) -> Result<NextPage, StoreError> {
        // The SDK reads a body that is no listing as an empty one.
        let says_nothing = page.name().is_none() && page.is_truncated().is_none() && page.key_count().is_none();
        if says_nothing && page.contents().is_empty() {
            return Err(context.not_s3("the answer is no listing".into()));
        }
        if page.is_truncated() != Some(true) {
            return Ok(NextPage::End);
        }
        let Some(token) = page.next_continuation_token() else {
            return Err(context.failed("the listing is truncated, but the server sent no continuation token".into()));
        };
        self.empty_pages = if page.contents().is_empty() { self.empty_pages + 1 } else { 0 };
        if !self.tokens.insert(token.to_owned()) {
            return Err(
                context.failed("the listing has no end: the server sent a continuation token a second time".into())
            );
        }
        if self.empty_pages > MAX_EMPTY_PAGES {
            return Err(context.failed(format!("the listing has no end: {MAX_EMPTY_PAGES} pages in a row were empty")));
        }
        Ok(NextPage::Token(token.to_owned()))
    }
}

/// True if any key begins with `prefix`. Requests one key only.
pub(super) async fn holds_any(inner: &Inner, prefix: &str) -> Result<bool, StoreError> {
    let request = inner.client.list_objects_v2().bucket(&inner.bucket).prefix(prefix).max_keys(1);
    let answer = request.send().await.map_err(|error| inner.context("list", prefix).error(&error))?;
    Ok(!answer.contents().is_empty())
}

#[async_trait]
impl Pages for S3Listing<'_> {
    async fn next(&mut self) -> Result<Option<Vec<Object>>, StoreError> {
        let request = self.inner.client.list_objects_v2().bucket(&self.inner.bucket).prefix(&self.prefix);
        let request = match &self.next {
            NextPage::First => request.set_start_after(self.after.as_ref().map(|key| key.as_str().into())),
            NextPage::Token(token) => request.continuation_token(token),
            NextPage::End => return Ok(None),
        };
        let prefix = self.prefix.clone();
        let context = self.inner.context("list", &prefix);
        let answer = request.send().await.map_err(|error| context.error(&error))?;
        self.next = self.follow(&answer, &context)?;
        let objects = answer.contents().iter().filter_map(|object| {
            let key = Key::new(object.key()?);
            // Some servers begin with `start-after` itself, or ignore it.
            let wanted = self.after.as_ref().is_none_or(|after| key > *after);
            let modified_at = head::time(object.last_modified());
            wanted.then(|| Object { key, size: head::size(object.size()), modified_at })
        });
        Ok(Some(objects.collect()))
    }
}
