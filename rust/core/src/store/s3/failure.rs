//! What an answer, or its absence, means.

use std::{error::Error as StdError, iter};

use aws_sdk_s3::{config::http::HttpResponse, error::ProvideErrorMetadata, error::SdkError};
use hyper_util::client;

use crate::store::{Key, StoreError};

/// Where a request failed.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) bucket: &'a str,
    pub(super) endpoint: &'a str,
    pub(super) action: &'static str,
    /// Key or prefix.
    pub(super) key: &'a str,
}

impl Place<'_> {
    pub(super) fn error<E>(&self, error: &SdkError<E, HttpResponse>) -> StoreError
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        match (error, status) {
            (SdkError::DispatchFailure(failure), _) if !(failure.is_io() || failure.is_timeout()) => {
                self.without_answer(error)
            }
            (SdkError::ConstructionFailure(_), _) => self.without_answer(error),
            (SdkError::DispatchFailure(_) | SdkError::TimeoutError(_), _) | (_, None) => {
                self.unreachable(&chain(error), !never_connected(error))
            }
            (_, Some(status)) => {
                let code = error.code().map_or_else(|| status.to_string(), str::to_owned);
                self.answered(status, &code, error.message().unwrap_or_default(), error.raw_response())
            }
        }
    }

    /// The request never left: mostly for want of credentials.
    fn without_answer(&self, error: &(dyn StdError + 'static)) -> StoreError {
        let problem = chain(error);
        if problem.contains("credentials") {
            return StoreError::Denied { location: self.location(), code: format!("no credentials: {problem}") };
        }
        self.failed(problem)
    }

    fn unreachable(&self, problem: &str, sent: bool) -> StoreError {
        let advice = match problem.contains("UnknownIssuer") {
            true => "; if its certificate is signed by your own CA, name that CA's file in AWS_CA_BUNDLE",
            false => "",
        };
        let problem = format!("{}: {problem}{advice}", self.endpoint);
        StoreError::Unreachable { location: self.location(), problem, sent }
    }

    fn answered(&self, status: u16, code: &str, message: &str, response: Option<&HttpResponse>) -> StoreError {
        let (location, key) = (self.location(), Key::new(self.key));
        match (status, code) {
            (_, "NoSuchBucket") => {
                StoreError::MissingBucket { bucket: self.bucket.into(), endpoint: self.endpoint.into() }
            }
            (_, "RequestTimeTooSkewed") => self
                .failed("the clocks of this machine and of the server differ too much (RequestTimeTooSkewed)".into()),
            // A bare 404 may come from a server that is no S3; only HEAD cannot say more.
            (404, "NoSuchKey" | "NotFound") => StoreError::NotFound { location, key },
            (412, _) | (409, "ConditionalRequestConflict") => StoreError::AlreadyExists { location, key },
            (401 | 403, _) | (_, "ExpiredToken" | "InvalidToken" | "InvalidAccessKeyId" | "SignatureDoesNotMatch") => {
                StoreError::Denied { location, code: code.into() }
            }
            (408 | 429 | 500 | 502..=599, _) => StoreError::Unavailable { location, code: code.into() },
            _ => {
                let region = response.and_then(|response| response.headers().get("x-amz-bucket-region"));
                let advice = match (status, region) {
                    (301 | 307 | 400, Some(region)) => {
                        format!("; the bucket is in region {region}: set LITESTREAM_REPLICA_REGION")
                    }
                    _ => String::new(),
                };
                let said = if message.is_empty() { format!("status {status}") } else { message.into() };
                self.failed(format!("{code}: {said}{advice}"))
            }
        }
    }

    /// One object of a batch.
    pub(super) fn object_error(&self, code: &str, message: &str) -> StoreError {
        let status = match code {
            "AccessDenied" => 403,
            "InternalError" | "SlowDown" | "ServiceUnavailable" => 503,
            _ => 400,
        };
        self.answered(status, code, message, None)
    }

    pub(super) fn failed(&self, problem: String) -> StoreError {
        StoreError::Failed { action: self.action, key: self.key.into(), location: self.location(), problem }
    }

    fn location(&self) -> String {
        format!("s3://{}", self.bucket)
    }
}

/// The answer says that the server does not know the condition. (501 to anything else would be as odd.)
pub(super) fn is_not_implemented<E>(error: &SdkError<E, HttpResponse>) -> bool {
    error.raw_response().is_some_and(|response| response.status().as_u16() == 501)
}

/// Whether no connection came about, so that nothing was sent.
fn never_connected(error: &(dyn StdError + 'static)) -> bool {
    causes(error)
        .filter_map(|cause| cause.downcast_ref::<client::legacy::Error>())
        .any(client::legacy::Error::is_connect)
}

fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    iter::successors(Some(error), |&error| error.source())
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
