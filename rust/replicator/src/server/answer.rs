//! One request in, one JSON answer out; statuses and bodies as official Litestream gives them.

use std::{convert::Infallible, env, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Method, Request, Response, StatusCode, body::Incoming, header};
use litestream_core::{
    Error, Result,
    config::path::absolute,
    control::{ErrorReply, ProofRequest, SnapshotRequest, SyncRequest, time_limit},
    failpoint, panics,
};
use serde::{Serialize, de::DeserializeOwned};

use super::handler::Handler;

/// A request body larger than this (bytes) is not read.
const REQUEST_LIMIT: usize = 64 << 10;

type Answer = Response<Full<Bytes>>;

/// An answer that is not 2xx.
struct Problem {
    status: StatusCode,
    reply: Box<ErrorReply>,
}

/// A panic answers its request with an internal error, and ends nothing else.
pub(crate) async fn answer(handler: Arc<dyn Handler>, request: Request<Incoming>) -> Result<Answer, Infallible> {
    let what = format!("{} {}", request.method(), request.uri().path());
    let answered = panics::catch(answer_or_panic(handler, request)).await;
    Ok(answered.unwrap_or_else(|panic| {
        let error = Error::Internal(format!("{what} panicked: {}", panics::message(&panic)));
        tracing::error!(kind = "task_failed", %error, "a request of the control socket failed");
        Problem::from(error).into_answer()
    }))
}

async fn answer_or_panic(handler: Arc<dyn Handler>, request: Request<Incoming>) -> Answer {
    let (head, body) = request.into_parts();
    failpoint!("task: answer");
    let outcome = match (&head.method, head.uri.path()) {
        (&Method::POST, "/sync") => sync(&*handler, body).await,
        (&Method::POST, "/proof") => proof(&*handler, body).await,
        (&Method::POST, "/snapshot") => snapshot(&*handler, body).await,
        (&Method::GET, "/list") => json(handler.list().await),
        (&Method::GET, "/info") => json(handler.info().await),
        (&Method::GET, "/telemetry") => json(handler.telemetry().await),
        (method, "/sync" | "/proof" | "/snapshot" | "/list" | "/info" | "/telemetry") => {
            Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("{method} is not allowed here")))
        }
        (method, path) => Err(Problem::new(StatusCode::NOT_FOUND, format!("unknown request: {method} {path}"))),
    };
    outcome.unwrap_or_else(Problem::into_answer)
}

async fn sync(handler: &dyn Handler, body: Incoming) -> Result<Answer, Problem> {
    let mut request: SyncRequest = read(body).await?;
    request.path = database_path(&request.path)?;
    let (limit, what) = (time_limit(request.timeout), format!("sync of {}", request.path));
    let path = request.path.clone();
    json(within(limit, what, handler.sync(request), || handler.obstacle(&path)).await)
}

async fn proof(handler: &dyn Handler, body: Incoming) -> Result<Answer, Problem> {
    let mut request: ProofRequest = read(body).await?;
    request.path = database_path(&request.path)?;
    json(handler.proof(request).await)
}

async fn snapshot(handler: &dyn Handler, body: Incoming) -> Result<Answer, Problem> {
    let mut request: SnapshotRequest = read(body).await?;
    request.path = database_path(&request.path)?;
    let (limit, what) = (time_limit(request.timeout), format!("snapshot of {}", request.path));
    let path = request.path.clone();
    json(within(limit, what, handler.snapshot(request), || handler.obstacle(&path)).await)
}

/// Gives up after the limit; `what` names the work, `obstacle` the failure that it waits behind, if there is one.
pub(crate) async fn within<T>(
    limit: Duration,
    what: String,
    work: impl Future<Output = Result<T>>,
    obstacle: impl FnOnce() -> Option<Arc<Error>>,
) -> Result<T> {
    match tokio::time::timeout(limit, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Error::Timeout { what, after: limit, cause: obstacle() }),
    }
}

async fn read<T: DeserializeOwned>(body: Incoming) -> Result<T, Problem> {
    let body = Limited::new(body, REQUEST_LIMIT).collect().await.map_err(Problem::invalid_body)?;
    serde_json::from_slice(&body.to_bytes()).map_err(Problem::invalid_body)
}

/// A relative path is meant from our working directory, as it is by the official server.
fn database_path(path: &str) -> Result<String, Problem> {
    if path.is_empty() {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "path required"));
    }
    let base = env::current_dir().map_err(Error::io("resolve", path))?;
    Ok(absolute(path, &base).to_string_lossy().into_owned())
}

fn json(outcome: Result<impl Serialize>) -> Result<Answer, Problem> {
    Ok(respond(StatusCode::OK, &outcome?))
}

fn respond(status: StatusCode, reply: &impl Serialize) -> Answer {
    let (status, body) = match serde_json::to_vec(reply) {
        Ok(body) => (status, body),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string().into_bytes()),
    };
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    answer
}

impl Problem {
    fn new(status: StatusCode, error: impl Into<String>) -> Problem {
        Problem { status, reply: Box::new(ErrorReply::refusal(error, None)) }
    }

    fn invalid_body(reason: impl ToString) -> Problem {
        let reply = ErrorReply::refusal("invalid request body", Some(reason.to_string()));
        Problem { status: StatusCode::BAD_REQUEST, reply: Box::new(reply) }
    }

    fn into_answer(self) -> Answer {
        respond(self.status, &*self.reply)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        let status = match &error {
            Error::Refused { .. } => StatusCode::NOT_FOUND,
            Error::Conflict { .. } => StatusCode::CONFLICT,
            Error::Timeout { .. } => StatusCode::GATEWAY_TIMEOUT,
            Error::Cancelled => StatusCode::SERVICE_UNAVAILABLE,
            Error::Store(_) => StatusCode::BAD_GATEWAY,
            Error::DiskFull { .. } => StatusCode::INSUFFICIENT_STORAGE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let reply = match error {
            // Not the caller's doing: the next replicator may answer.
            Error::Cancelled => ErrorReply::ending(),
            error => ErrorReply::from(error),
        };
        Problem { status, reply: Box::new(reply) }
    }
}
