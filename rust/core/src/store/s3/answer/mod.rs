//! Answers that carry no object: read whole, within bounds, before the SDK sees them. A proxy, a login page or another
//! server also answers with a success, which the SDK would believe.

mod content;

use aws_sdk_s3::config::SharedHttpClient;
use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

pub(super) use content::BodyContent;

/// Bytes of the longest body that is not an object. A page of a listing has some 500 KiB.
const BODY_LIMIT: usize = 16 << 20;

/// Bytes that are read of a failed answer. An error of S3's has some 500.
const FAILURE_LIMIT: usize = 64 << 10;

/// The answer is not one of S3's.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NotS3(pub(super) String);

/// Bounds and checks the answers to requests to the bucket.
pub(super) fn of_s3(http: SharedHttpClient) -> SharedHttpClient {
    reading(http, true)
}

/// Bounds the answers of other protocols, such as those for credentials.
pub(super) fn of_others(http: SharedHttpClient) -> SharedHttpClient {
    reading(http, false)
}

fn reading(http: SharedHttpClient, is_s3: bool) -> SharedHttpClient {
    http_client_fn(move |settings, components| {
        SharedHttpConnector::new(CheckedConnector { connector: http.http_connector(settings, components), is_s3 })
    })
}

#[derive(Debug)]
struct CheckedConnector {
    connector: SharedHttpConnector,
    is_s3: bool,
}

/// Expected body of a successful answer, by the request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// An object, or its head.
    Object,
    Xml,
    /// Nothing that matters.
    Nothing,
    /// Another protocol's.
    Anything,
}

impl HttpConnector for CheckedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let expected = if self.is_s3 { expected(&request) } else { Expected::Anything };
        let answer = self.connector.call(request);
        HttpConnectorFuture::new(async move {
            let mut response = answer.await?;
            let is_success = response.status().is_success();
            if expected == Expected::Object && is_success {
                return if has_html(&response) { Err(not_s3(BodyContent::Html.problem())) } else { Ok(response) };
            }
            let body = response.take_body();
            let body = if is_success { whole(body).await? } else { beginning(body).await };
            if let Some(problem) = is_success.then(|| objection(expected, &body)).flatten() {
                return Err(not_s3(problem));
            }
            // The SDK compares this header with the body.
            response.headers_mut().insert("content-length", body.len().to_string());
            *response.body_mut() = SdkBody::from(body);
            Ok(response)
        })
    }
}

fn expected(request: &HttpRequest) -> Expected {
    match request.method() {
        "HEAD" => Expected::Object,
        "GET" if request.uri().contains("x-id=GetObject") => Expected::Object,
        "GET" | "POST" => Expected::Xml,
        _ => Expected::Nothing,
    }
}

/// Web pages announce themselves. Objects of replicas are never HTML.
fn has_html(response: &HttpResponse) -> bool {
    let kind = response.headers().get("content-type").unwrap_or_default();
    kind.trim_start().to_ascii_lowercase().starts_with("text/html")
}

/// The problem with the body of a successful answer.
fn objection(expected: Expected, body: &[u8]) -> Option<&'static str> {
    match (expected, BodyContent::of(body)) {
        (Expected::Anything, _) | (_, BodyContent::Xml | BodyContent::Empty) => None,
        (Expected::Xml, content) => Some(content.problem()),
        (_, BodyContent::Html) => Some(BodyContent::Html.problem()),
        _ => None,
    }
}

/// Not retried: the next answer would be the same.
fn not_s3(problem: &str) -> ConnectorError {
    ConnectorError::other(NotS3(problem.to_owned()).into(), None)
}

async fn whole(mut body: SdkBody) -> Result<Bytes, ConnectorError> {
    let mut data = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let chunk = frame.map_err(ConnectorError::io)?.into_data().unwrap_or_default();
        if data.len() + chunk.len() > BODY_LIMIT {
            return Err(not_s3("the answer is longer than 16 MiB, which none of S3's is"));
        }
        data.extend_from_slice(&chunk);
    }
    Ok(data.freeze())
}

/// Reads the beginning of a failed answer. Its status counts even if the body breaks off.
async fn beginning(mut body: SdkBody) -> Bytes {
    let mut data = BytesMut::new();
    while let Some(Ok(frame)) = body.frame().await {
        data.extend_from_slice(&frame.into_data().unwrap_or_default());
        if data.len() >= FAILURE_LIMIT {
            data.truncate(FAILURE_LIMIT);
            break;
        }
    }
    data.freeze()
}
