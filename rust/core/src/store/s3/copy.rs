//! Copies one object to another key on the server.

use super::Inner;
use crate::store::{Key, StoreError};

/// Copies the metadata too; the storage class must be given again.
pub(super) async fn copy(inner: &Inner, from: &Key, to: &Key) -> Result<(), StoreError> {
    let request = inner
        .client
        .copy_object()
        .bucket(&inner.bucket)
        .copy_source(percent_encoded(&format!("{}/{from}", inner.bucket)))
        .key(to.as_str())
        .set_storage_class(inner.storage_class.clone());
    match request.send().await {
        Ok(_) => Ok(()),
        Err(error) => Err(inner.context("copy", from.as_str()).error(&error)),
    }
}

/// Encodes a key for the header: everything but unreserved characters and slashes.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                encoded.push(char::from(byte))
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
