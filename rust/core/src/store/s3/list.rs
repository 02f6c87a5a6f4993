//! Listing, a page of up to 1000 objects for each request.

use async_trait::async_trait;

use super::{Inner, head};
use crate::store::{Key, Object, Pages, StoreError};

pub(super) struct Listing<'a> {
    inner: &'a Inner,
    prefix: String,
    after: Option<Key>,
    next: Next,
}

enum Next {
    First,
    Token(String),
    End,
}

impl<'a> Listing<'a> {
    pub(super) fn new(inner: &'a Inner, prefix: &str, after: Option<&Key>) -> Self {
        Listing { inner, prefix: prefix.into(), after: after.cloned(), next: Next::First }
    }
}

#[async_trait]
impl Pages for Listing<'_> {
    async fn next(&mut self) -> Result<Option<Vec<Object>>, StoreError> {
        let request = self.inner.client.list_objects_v2().bucket(&self.inner.bucket).prefix(&self.prefix);
        let request = match &self.next {
            Next::First => request.set_start_after(self.after.as_ref().map(|key| key.as_str().into())),
            Next::Token(token) => request.continuation_token(token),
            Next::End => return Ok(None),
        };
        let place = self.inner.place("list", &self.prefix);
        let answer = request.send().await.map_err(|error| place.error(&error))?;
        self.next = match (answer.is_truncated(), answer.next_continuation_token()) {
            (Some(true), None) => {
                return Err(place.failed("the listing goes on, but the server does not say where".into()));
            }
            (Some(true), Some(token)) => Next::Token(token.into()),
            _ => Next::End,
        };
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
