//! Maps a failed answer, or a missing one, to an error.

use std::{error::Error as StdError, iter};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::{config::http::HttpResponse, error::ProvideErrorMetadata, error::SdkError};
use aws_smithy_runtime_api::client::result::ConnectorError;
use hyper_util::client;

use super::answer::{BodyContent, NotS3};
use crate::store::{Key, StoreError};

const NO_CREDENTIALS: &str = "set LITESTREAM_ACCESS_KEY_ID and LITESTREAM_SECRET_ACCESS_KEY; the environment, a profile and \
                              the machine's role have none either";

/// Most bytes of a server's own words that are passed on.
const TEXT_LIMIT: usize = 1 << 10;

/// The request that failed.
#[derive(Clone, Copy)]
pub(super) struct RequestContext<'a> {
    pub(super) bucket: &'a str,
    pub(super) endpoint: &'a str,
    pub(super) action: &'static str,
    /// Key or prefix.
    pub(super) key: &'a str,
}

/// An answer that reports a failure, as far as it was understood.
struct Answer<'a> {
    status: u16,
    /// S3's code, if the answer has one.
    code: Option<&'a str>,
    /// The server's own words; may be empty.
    message: &'a str,
    response: Option<&'a HttpResponse>,
}

impl RequestContext<'_> {
    pub(super) fn error<E>(&self, error: &SdkError<E, HttpResponse>) -> StoreError
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        if let Some(NotS3(problem)) = causes(error).find_map(|cause| cause.downcast_ref()) {
            return self.not_s3(problem.clone());
        }
        let response = error.raw_response();
        match (error, response) {
            (SdkError::DispatchFailure(failure), _) if !(failure.is_io() || failure.is_timeout()) => {
                self.without_answer(error)
            }
            (SdkError::ConstructionFailure(_), _) => self.without_answer(error),
            (SdkError::DispatchFailure(_) | SdkError::TimeoutError(_), _) | (_, None) => {
                self.unreachable(&reason(error), !never_connected(error))
            }
            (_, Some(raw)) => {
                let (code, message) = (error.code(), error.message().unwrap_or_default());
                self.answered(&Answer { status: raw.status().as_u16(), code, message, response })
            }
        }
    }

    /// Maps a request that was never sent, mostly for lack of credentials.
    fn without_answer(&self, error: &(dyn StdError + 'static)) -> StoreError {
        let denied = |reason: String| {
            let code = "no credentials".to_owned();
            StoreError::Denied { location: self.location(), code, reason }
        };
        match causes(error).find_map(|cause| cause.downcast_ref::<CredentialsError>()) {
            Some(CredentialsError::CredentialsNotLoaded(_)) => denied(NO_CREDENTIALS.to_owned()),
            Some(unusable) => denied(bounded(&unusable.source().map_or_else(|| unusable.to_string(), chain))),
            None => self.failed(reason(error)),
        }
    }

    fn unreachable(&self, problem: &str, sent: bool) -> StoreError {
        let advice = match problem.contains("UnknownIssuer") {
            true => "; if its certificate is signed by your own CA, name that CA's file in AWS_CA_BUNDLE",
            false => "",
        };
        let problem = format!("{}: {problem}{advice}", self.endpoint);
        StoreError::Unreachable { location: self.location(), problem, sent }
    }

    fn answered(&self, answer: &Answer<'_>) -> StoreError {
        let (location, key) = (self.location(), Key::new(self.key));
        let code = answer.code.unwrap_or_default();
        match (answer.meaning(), code) {
            (_, "NoSuchBucket") => {
                StoreError::MissingBucket { bucket: self.bucket.into(), endpoint: self.endpoint.into() }
            }
            (_, "RequestTimeTooSkewed") => self
                .failed("the clocks of this machine and of the server differ too much (RequestTimeTooSkewed)".into()),
            // A 404 without a code may come from another kind of server. Only HEAD cannot carry a code.
            (404, "NoSuchKey" | "NotFound") => StoreError::NotFound { location, key },
            (412, _) | (409, "ConditionalRequestConflict") => StoreError::AlreadyExists { location, key },
            (401 | 403, _) | (_, "ExpiredToken" | "InvalidToken" | "InvalidAccessKeyId" | "SignatureDoesNotMatch") => {
                StoreError::Denied { location, code: answer.name(), reason: answer.reason() }
            }
            (408 | 429 | 500 | 502..=599, _) => {
                StoreError::Unavailable { location, code: answer.name(), reason: answer.reason() }
            }
            _ => self.refused(answer),
        }
    }

    /// Maps a failure without a specific meaning.
    fn refused(&self, answer: &Answer<'_>) -> StoreError {
        let header = |name| answer.response.and_then(|response| response.headers().get(name)).map(bounded);
        let region = header("x-amz-bucket-region").filter(|_| matches!(answer.status, 301 | 307 | 400));
        let advice = region.map(|region| format!("; the bucket is in region {region}: set LITESTREAM_REPLICA_REGION"));
        let (name, reason, advice) = (answer.name(), answer.reason(), advice.unwrap_or_default());
        match (answer.code, header("location")) {
            _ if !advice.is_empty() => self.failed(format!("{name}: {reason}{advice}")),
            (Some(_), _) => {
                self.failed(format!("{name}: {}", if reason.is_empty() { "no reason given" } else { &reason }))
            }
            (None, Some(elsewhere)) if answer.status < 400 => {
                self.not_s3(format!("the server redirects to {elsewhere} (status {name})"))
            }
            (None, _) if reason.is_empty() => self.not_s3(format!("status {name} without a reason")),
            (None, _) => self.not_s3(format!("status {name}: {reason}")),
        }
    }

    /// Maps the failure of one object in a batch.
    pub(super) fn object_error(&self, code: &str, message: &str) -> StoreError {
        self.answered(&Answer { status: 200, code: Some(code), message, response: None })
    }

    pub(super) fn not_s3(&self, problem: String) -> StoreError {
        StoreError::NotS3 { action: self.action, key: self.key.into(), location: self.location(), problem }
    }

    pub(super) fn failed(&self, problem: String) -> StoreError {
        StoreError::Failed { action: self.action, key: self.key.into(), location: self.location(), problem }
    }

    fn location(&self) -> String {
        format!("s3://{}", self.bucket)
    }
}

impl Answer<'_> {
    /// The status. An error inside a successful answer counts as the status that such an error usually has.
    fn meaning(&self) -> u16 {
        match (self.status, self.code) {
            (200..=299, Some("AccessDenied")) => 403,
            (200..=299, Some("InternalError" | "SlowDown" | "ServiceUnavailable")) => 503,
            (status, _) => status,
        }
    }

    /// The code, or the status where there is none.
    fn name(&self) -> String {
        self.code.map_or_else(|| self.status.to_string(), bounded)
    }

    /// The server's own words, or else the problem with the answer. May be empty.
    fn reason(&self) -> String {
        let body = self.response.and_then(|response| response.body().bytes()).unwrap_or_default();
        match BodyContent::of(body) {
            _ if !self.message.is_empty() => bounded(self.message),
            BodyContent::Empty if self.status >= 300 => String::new(),
            BodyContent::Text => bounded(&String::from_utf8_lossy(body)),
            BodyContent::Xml if self.code.is_some() => String::new(),
            content => content.problem().to_owned(),
        }
    }
}

/// True if the server does not support the condition. (501 to anything else would be as odd.)
pub(super) fn is_not_implemented<E>(error: &SdkError<E, HttpResponse>) -> bool {
    error.raw_response().is_some_and(|response| response.status().as_u16() == 501)
}

/// True if no connection was established, so that nothing was sent.
fn never_connected(error: &(dyn StdError + 'static)) -> bool {
    causes(error)
        .filter_map(|cause| cause.downcast_ref::<client::legacy::Error>())
        .any(client::legacy::Error::is_connect)
}

fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    iter::successors(Some(error), |&error| error.source())
}

/// The error below the SDK's and the HTTP client's own layers, with its causes.
fn reason(error: &(dyn StdError + 'static)) -> String {
    let layers = causes(error).filter(|cause| cause.is::<ConnectorError>() || cause.is::<client::legacy::Error>());
    chain(layers.last().and_then(StdError::source).unwrap_or(error))
}

/// An error with its causes, without repetitions.
pub(super) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    for error in causes(error) {
        let text = error.to_string();
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
    }
    parts.join(": ")
}

/// Foreign text made safe for messages and log lines: no control characters, and at most [`TEXT_LIMIT`] bytes.
pub(super) fn bounded(text: &str) -> String {
    let beginning = &text[..text.floor_char_boundary(TEXT_LIMIT)];
    let words = beginning.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ") + if beginning.len() < text.len() { "…" } else { "" }
}
