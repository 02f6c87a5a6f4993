//! Which S3 operation an HTTP request is. Needed before `s3s` sees it, since a request may also
//! fail its signature, and must still be counted.

use http::{HeaderMap, Method, Uri};
use serde::{Deserialize, Serialize};

use super::identity::BaseHosts;

/// The S3 operations that this server distinguishes in its log and its fault rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)] // S3's own names
pub enum Operation {
    AbortMultipartUpload,
    CompleteMultipartUpload,
    CopyObject,
    CreateBucket,
    CreateMultipartUpload,
    DeleteBucket,
    DeleteObject,
    DeleteObjects,
    GetBucketLocation,
    GetObject,
    HeadBucket,
    HeadObject,
    ListBuckets,
    ListMultipartUploads,
    ListObjects,
    ListObjectsV2,
    ListParts,
    PutObject,
    UploadPart,
    UploadPartCopy,
    /// Anything else, answered with 501.
    Other,
}

/// The operation and object of a request, before it is authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) operation: Operation,
    pub(super) bucket: Option<String>,
    /// Decoded key.
    pub(super) key: Option<String>,
}

impl Target {
    pub(super) fn of(method: &Method, uri: &Uri, headers: &HeaderMap, hosts: &BaseHosts) -> Self {
        let path = percent_decode(uri.path().trim_start_matches('/'));
        let (bucket, key) = match host_of(uri, headers).and_then(|host| hosts.bucket(host)) {
            Some(bucket) => (bucket.to_owned(), path),
            None => match path.split_once('/') {
                Some((bucket, key)) => (bucket.to_owned(), key.to_owned()),
                None => (path, String::new()),
            },
        };
        let operation = classify(method, uri.query().unwrap_or(""), headers, !bucket.is_empty(), !key.is_empty());
        Self { operation, bucket: not_empty(bucket), key: not_empty(key) }
    }
}

fn host_of<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    headers.get(http::header::HOST).and_then(|host| host.to_str().ok()).or_else(|| uri.host())
}

fn not_empty(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn classify(method: &Method, query: &str, headers: &HeaderMap, bucket: bool, key: bool) -> Operation {
    if key {
        return classify_object(method, query, headers);
    }
    if !bucket {
        return if method == Method::GET { Operation::ListBuckets } else { Operation::Other };
    }
    match *method {
        Method::GET if has(query, "location") => Operation::GetBucketLocation,
        Method::GET if has(query, "uploads") => Operation::ListMultipartUploads,
        Method::GET if query.split('&').any(|pair| pair == "list-type=2") => Operation::ListObjectsV2,
        Method::GET => Operation::ListObjects,
        Method::PUT => Operation::CreateBucket,
        Method::HEAD => Operation::HeadBucket,
        Method::DELETE => Operation::DeleteBucket,
        Method::POST if has(query, "delete") => Operation::DeleteObjects,
        _ => Operation::Other,
    }
}

fn classify_object(method: &Method, query: &str, headers: &HeaderMap) -> Operation {
    let upload = has(query, "uploadId");
    let copies = headers.contains_key("x-amz-copy-source");
    match *method {
        Method::PUT if upload && copies => Operation::UploadPartCopy,
        Method::PUT if upload => Operation::UploadPart,
        Method::PUT if copies => Operation::CopyObject,
        Method::PUT => Operation::PutObject,
        Method::GET if upload => Operation::ListParts,
        Method::GET => Operation::GetObject,
        Method::HEAD => Operation::HeadObject,
        Method::DELETE if upload => Operation::AbortMultipartUpload,
        Method::DELETE => Operation::DeleteObject,
        Method::POST if upload => Operation::CompleteMultipartUpload,
        Method::POST if has(query, "uploads") => Operation::CreateMultipartUpload,
        _ => Operation::Other,
    }
}

fn has(query: &str, name: &str) -> bool {
    query.split('&').any(|pair| pair.split('=').next() == Some(name))
}

/// Undoes percent encoding; what is no UTF-8 is replaced.
pub(super) fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = (first == b'%').then(|| tail.get(..2)).flatten().and_then(|digits| {
            let mut byte = [0];
            hex::decode_to_slice(digits, &mut byte).ok().map(|()| byte[0])
        });
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn target(method: &str, uri: &str, headers: &[(&'static str, &str)]) -> Target {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let hosts = BaseHosts(vec!["localhost".into()]);
        Target::of(&method.parse().unwrap(), &uri.parse().unwrap(), &map, &hosts)
    }

    #[test]
    fn both_address_styles_name_the_same_object() {
        let path = target("PUT", "/b/a%20%2B%25%C3%A9/x", &[("host", "127.0.0.1:9000")]);
        let host = target("PUT", "/a%20%2B%25%C3%A9/x", &[("host", "b.localhost:9000")]);
        assert_eq!(path, host);
        assert_eq!(path.operation, Operation::PutObject);
        assert_eq!(path.key.as_deref(), Some("a +%é/x"));
    }

    #[test]
    fn queries_and_headers_distinguish_operations() {
        for (method, uri, operation) in [
            ("GET", "/", Operation::ListBuckets),
            ("GET", "/b?list-type=2&prefix=a", Operation::ListObjectsV2),
            ("GET", "/b/?prefix=a", Operation::ListObjects),
            ("GET", "/b?location", Operation::GetBucketLocation),
            ("POST", "/b?delete", Operation::DeleteObjects),
            ("POST", "/b/k?uploads", Operation::CreateMultipartUpload),
            ("PUT", "/b/k?partNumber=1&uploadId=u", Operation::UploadPart),
            ("POST", "/b/k?uploadId=u", Operation::CompleteMultipartUpload),
            ("DELETE", "/b/k?uploadId=u", Operation::AbortMultipartUpload),
            ("DELETE", "/b/k", Operation::DeleteObject),
        ] {
            assert_eq!(target(method, uri, &[]).operation, operation, "{method} {uri}");
        }
        let copy = target("PUT", "/b/k", &[("x-amz-copy-source", "b/j")]);
        assert_eq!(copy.operation, Operation::CopyObject);
    }
}
