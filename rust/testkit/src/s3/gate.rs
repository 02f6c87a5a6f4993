//! The path of every request before and after `s3s`: the log, the fault rules, the control endpoint.

use std::sync::Arc;

use http::{Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use s3s::service::S3Service;

use super::body::{AnswerBody, RequestBody};
use super::control::{self, Controls};
use super::fault::{Effect, Faults};
use super::identity::BaseHosts;
use super::log::{Entry, RequestLog};
use super::operation::Target;
use super::storage::Storage;
use super::wire::Ending;

/// Shared by all connections of a server.
pub(super) struct Gate {
    pub(super) s3: S3Service,
    pub(super) hosts: BaseHosts,
    pub(super) log: RequestLog,
    pub(super) faults: Faults,
    pub(super) storage: Arc<Storage>,
}

/// The connection is to be closed without an answer.
#[derive(Debug)]
pub(super) struct Hangup;

impl std::fmt::Display for Hangup {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("connection closed by a fault rule")
    }
}

impl std::error::Error for Hangup {}

impl Gate {
    pub(super) async fn answer(
        self: Arc<Self>,
        request: http::Request<Incoming>,
        ending: Ending,
    ) -> Result<Response<AnswerBody>, Hangup> {
        if let Some(path) = request.uri().path().strip_prefix(control::PREFIX) {
            let path = path.to_owned();
            let controls = Controls { log: &self.log, faults: &self.faults, storage: &self.storage };
            return Ok(control::answer(&controls, &path, request).await.map(AnswerBody::unlogged));
        }
        let target = Target::of(request.method(), request.uri(), request.headers(), &self.hosts);
        let effect = self.faults.decide(&target);
        let entry = self.log.arrived(target, request.uri().query().unwrap_or(""));
        let Some(effect) = effect else {
            return self.carry_out(request, entry, None, None).await;
        };
        entry.faulted();
        tokio::time::sleep(effect.delay()).await;
        match effect {
            Effect::Status(status) => Ok(refuse(request, entry, status).await),
            Effect::DelayMilliseconds(_) => self.carry_out(request, entry, None, None).await,
            Effect::CutAnswer(bytes) => self.carry_out(request, entry, None, Some(bytes)).await,
            Effect::CutRequest(bytes) => {
                let body = RequestBody::new(request.into_body(), entry, Some(bytes));
                // The error is the cut itself.
                let _ = body.collect().await;
                Err(Hangup)
            }
            Effect::LoseAnswer => {
                let log_no_status = Arc::clone(&entry);
                let answer = self.call(request, log_no_status, None).await?;
                drop(answer);
                Err(Hangup)
            }
            Effect::Reset => {
                ending.reset();
                Err(Hangup)
            }
        }
    }

    async fn carry_out(
        &self,
        request: http::Request<Incoming>,
        entry: Arc<Entry>,
        request_limit: Option<u64>,
        answer_limit: Option<u64>,
    ) -> Result<Response<AnswerBody>, Hangup> {
        let answer = self.call(request, Arc::clone(&entry), request_limit).await?;
        entry.answered(answer.status());
        Ok(answer.map(|body| AnswerBody::logged(body, entry, answer_limit)))
    }

    async fn call(
        &self,
        request: http::Request<Incoming>,
        entry: Arc<Entry>,
        limit: Option<u64>,
    ) -> Result<s3s::HttpResponse, Hangup> {
        let request = request.map(|body| s3s::Body::http_body_unsync(RequestBody::new(body, entry, limit)));
        self.s3.call(request).await.map_err(|_| Hangup)
    }
}

/// Answers with an S3 error. The body is read first: a client that is still writing would see a
/// broken pipe instead of the answer.
async fn refuse(request: http::Request<Incoming>, entry: Arc<Entry>, status: u16) -> Response<AnswerBody> {
    // A client that breaks off needs no answer either.
    let _ = RequestBody::new(request.into_body(), Arc::clone(&entry), None).collect().await;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    entry.answered(status);
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>injected by a fault rule</Message></Error>",
        error_code(status.as_u16())
    );
    let mut answer = Response::new(AnswerBody::logged(s3s::Body::from(text), entry, None));
    *answer.status_mut() = status;
    answer.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/xml"));
    answer
}

fn error_code(status: u16) -> &'static str {
    match status {
        400 => "InvalidRequest",
        403 => "AccessDenied",
        404 => "NoSuchKey",
        409 => "ConditionalRequestConflict",
        412 => "PreconditionFailed",
        416 => "InvalidRange",
        429 => "TooManyRequests",
        500 => "InternalError",
        501 => "NotImplemented",
        503 => "SlowDown",
        _ => "InjectedFault",
    }
}
