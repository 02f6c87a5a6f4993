//! The control endpoint, for tests in other languages: plain HTTP with JSON under `/_testkit/`,
//! unsigned, since the server only ever listens for tests.
//!
//! | request | answer |
//! |---|---|
//! | `GET requests?after=N` | the log, as a list |
//! | `DELETE requests` | forgets the log |
//! | `GET counts` | sums by operation |
//! | `GET faults` | the rules, with `matched` and `hits` |
//! | `POST faults` | adds the rule in the body, answers `{"id":N}` |
//! | `DELETE faults`, `DELETE faults/N` | drops all rules, or one |
//! | `GET objects/BUCKET` | the bucket's objects, as a list |
//! | `GET`, `DELETE objects/BUCKET/KEY` | the content of an object; removes it |

use bytes::Bytes;
use http::{Method, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::Serialize;
use serde_json::json;

use super::fault::{Fault, FaultId, Faults};
use super::log::RequestLog;
use super::operation::percent_decode;
use super::storage::Storage;

pub(super) const PREFIX: &str = "/_testkit/";

/// The parts of a server that the endpoint shows and changes.
pub(super) struct Controls<'a> {
    pub(super) log: &'a RequestLog,
    pub(super) faults: &'a Faults,
    pub(super) storage: &'a Storage,
}

pub(super) async fn answer(
    controls: &Controls<'_>,
    path: &str,
    request: http::Request<Incoming>,
) -> Response<s3s::Body> {
    let method = request.method().clone();
    let query = request.uri().query().unwrap_or("").to_owned();
    let (head, tail) = path.split_once('/').unwrap_or((path, ""));
    match (method, head, tail) {
        (Method::GET, "requests", "") => json_answer(&controls.log.after(after(&query))),
        (Method::DELETE, "requests", "") => {
            controls.log.clear();
            status(StatusCode::NO_CONTENT)
        }
        (Method::GET, "counts", "") => json_answer(&controls.log.counts()),
        (Method::GET, "faults", "") => json_answer(&controls.faults.rules()),
        (Method::POST, "faults", "") => add_fault(controls, request).await,
        (Method::DELETE, "faults", id) => remove_faults(controls, id),
        (method, "objects", path) => objects(controls, &method, &percent_decode(path)),
        _ => status(StatusCode::NOT_FOUND),
    }
}

fn after(query: &str) -> u64 {
    query.split('&').find_map(|pair| pair.strip_prefix("after=")?.parse().ok()).unwrap_or(0)
}

async fn add_fault(controls: &Controls<'_>, request: http::Request<Incoming>) -> Response<s3s::Body> {
    let Ok(body) = request.into_body().collect().await else {
        return status(StatusCode::BAD_REQUEST);
    };
    match serde_json::from_slice::<Fault>(&body.to_bytes()) {
        Ok(fault) => json_answer(&json!({ "id": controls.faults.add(fault).0 })),
        Err(error) => text(StatusCode::BAD_REQUEST, format!("not a fault rule: {error}\n")),
    }
}

fn remove_faults(controls: &Controls<'_>, id: &str) -> Response<s3s::Body> {
    if id.is_empty() {
        controls.faults.clear();
        return status(StatusCode::NO_CONTENT);
    }
    let removed = id.parse().is_ok_and(|id| controls.faults.remove(FaultId(id)));
    status(if removed { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND })
}

fn objects(controls: &Controls<'_>, method: &Method, path: &str) -> Response<s3s::Body> {
    match path.split_once('/') {
        None | Some((_, "")) if method == Method::GET => {
            controls.storage.views(path.trim_end_matches('/')).map_or_else(not_found, |views| json_answer(&views))
        }
        Some((bucket, key)) if method == Method::GET => {
            controls.storage.data(bucket, key).map_or_else(not_found, |data| Response::new(s3s::Body::from(data)))
        }
        Some((bucket, key)) if method == Method::DELETE => {
            let removed = controls.storage.remove(bucket, key);
            status(if removed { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND })
        }
        _ => status(StatusCode::METHOD_NOT_ALLOWED),
    }
}

fn not_found() -> Response<s3s::Body> {
    status(StatusCode::NOT_FOUND)
}

fn status(status: StatusCode) -> Response<s3s::Body> {
    text(status, String::new())
}

fn text(status: StatusCode, text: String) -> Response<s3s::Body> {
    let mut answer = Response::new(s3s::Body::from(text));
    *answer.status_mut() = status;
    answer
}

fn json_answer(value: &impl Serialize) -> Response<s3s::Body> {
    match serde_json::to_vec(value) {
        Ok(json) => {
            let mut answer = Response::new(s3s::Body::from(Bytes::from(json)));
            answer.headers_mut().insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
            answer
        }
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}
