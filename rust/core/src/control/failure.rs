//! Errors on the control socket: the server's error as a reply, and the reply as an error for the caller.

use std::{path::PathBuf, time::Duration};

use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Error;

/// Code of a request that the server does not know or does not accept.
const REFUSED: &str = "refused";

/// Body of every reply that is not 2xx. Official Litestream sends and reads only the first two fields.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ErrorReply {
    /// Message for the caller.
    pub error: String,
    /// Reason of a refusal; otherwise the error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
    /// [`Error::code`] of the server's error. Absent from official replies, as are the fields below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Exit status of a command that ends with this error; never 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_status: Option<u64>,
    /// True if the same request may succeed later without a change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retryable: Option<bool>,
}

impl ErrorReply {
    /// Refuses a request because of `error`.
    pub fn refusal(error: impl Into<String>, details: Option<String>) -> Self {
        ErrorReply {
            error: error.into(),
            details: details.map(Value::String),
            code: Some(REFUSED.to_owned()),
            exit_status: Some(1),
            retryable: Some(false),
        }
    }

    /// Reply of a replicator that shuts down before it has served the request. The caller's error then has
    /// [`Error::is_not_running`].
    pub fn ending() -> Self {
        let ended = Error::NotRunning { socket: PathBuf::new() };
        ErrorReply { error: "the replicator is shutting down; retry once the next one runs".to_owned(), ..ended.into() }
    }

    /// The message, with details that add more than the code.
    fn sentence(&self) -> String {
        match self.details.as_ref().and_then(Value::as_str) {
            Some(details) if self.code.as_deref() != Some(details) && !self.error.contains(details) => {
                format!("{}: {details}", self.error)
            }
            _ => self.error.clone(),
        }
    }
}

impl From<Error> for ErrorReply {
    fn from(error: Error) -> Self {
        ErrorReply {
            details: Some(Value::String(error.code().to_owned())),
            code: Some(error.code().to_owned()),
            exit_status: Some(error.exit_status().into()),
            retryable: Some(error.is_retryable()),
            error: match error {
                // The caller knows its own request.
                Error::Refused { problem, .. } => problem,
                error => error.to_string(),
            },
        }
    }
}

/// Maps a reply to the caller's error. `request` names the request, and `limit` is its time limit. A reply without our
/// fields comes from official Litestream. Without a readable reply, the status decides.
pub(super) fn error_of(status: StatusCode, body: &[u8], request: &str, limit: Duration) -> Error {
    let reply = serde_json::from_slice::<ErrorReply>(body).ok().filter(|reply| !reply.error.is_empty());
    let problem = match reply {
        Some(ErrorReply { code: Some(code), exit_status, retryable, error: message, .. }) if code != REFUSED => {
            // An exit status of 0 would report a success.
            let exit_status = exit_status.and_then(|status| u8::try_from(status).ok()).filter(|&status| status != 0);
            let (exit_status, is_retryable) = (exit_status.unwrap_or(1), retryable.unwrap_or(false));
            return Error::Reported { code, exit_status, is_retryable, message };
        }
        _ if status == StatusCode::GATEWAY_TIMEOUT => {
            return Error::Timeout { what: request.to_owned(), after: limit, cause: None };
        }
        Some(reply) => reply.sentence(),
        None if status == StatusCode::NOT_FOUND => {
            "it does not support this request; official Litestream does not either".to_owned()
        }
        None => format!("HTTP status {status}"),
    };
    Error::Refused { request: request.to_owned(), problem }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::store::StoreError;

    fn reported(status: u16, body: &str) -> Error {
        let status = StatusCode::from_u16(status).unwrap();
        error_of(status, body.as_bytes(), "sync of app.sqlite3", Duration::from_secs(7))
    }

    #[test]
    fn code_status_and_sentence_survive_the_socket() {
        let reset = StoreError::Unreachable { location: "s3://backups".into(), problem: "reset".into(), sent: true };
        for error in [
            Error::Store(reset),
            Error::Conflict { what: "the replica".into(), holder: "another writer".into() },
            Error::DiskFull { path: "/data".into() },
            Error::Timeout { what: "sync".into(), after: Duration::from_secs(1), cause: None },
            Error::Corrupt { what: "the replica".into(), problem: "a gap".into() },
            Error::MissingEnvironment { names: vec!["A", "B"] },
        ] {
            let body = serde_json::to_string(&ErrorReply::from(error.clone())).unwrap();
            let arrived = reported(500, &body);
            assert_eq!(arrived.to_string(), error.to_string());
            assert_eq!(
                (arrived.code(), arrived.exit_status(), arrived.is_retryable()),
                (error.code(), error.exit_status(), error.is_retryable())
            );
        }
    }

    #[test]
    fn a_replicator_that_ends_is_none_that_runs() {
        let ending = reported(503, &serde_json::to_string(&ErrorReply::ending()).unwrap());
        assert!(ending.is_not_running() && ending.is_retryable() && ending.exit_status() == 10, "{ending:?}");
        assert!(ending.to_string().contains("is shutting down"), "{ending}");
    }

    #[test]
    fn the_code_of_a_newer_server_is_kept() {
        let lost = reported(
            409,
            r#"{"error":"the lease is lost","code":"lease_lost","exit_status":14,"retryable":true,"x":1}"#,
        );
        assert_eq!((lost.code(), lost.exit_status(), lost.is_retryable()), ("lease_lost", 14, true));
        for status in ["", r#","exit_status":0"#, r#","exit_status":256"#] {
            let odd = reported(500, &format!(r#"{{"error":"odd","code":"odd"{status}}}"#));
            assert_eq!((odd.exit_status(), odd.is_retryable()), (1, false), "{status}");
        }
    }

    #[test]
    fn an_official_reply_is_a_refusal_with_its_details() {
        for (body, problem) in [
            (r#"{"error":"database not found: /x"}"#, "database not found: /x"),
            (r#"{"error":"sync failed","details":"disk I/O error"}"#, "sync failed: disk I/O error"),
            (r#"{"error":"sync failed","details":{"reason":1}}"#, "sync failed"),
        ] {
            let refused = reported(500, body);
            assert!(matches!(&refused, Error::Refused { problem: said, .. } if said == problem), "{refused}");
            assert_eq!(refused.code(), "refused");
        }
        assert!(
            matches!(reported(504, r#"{"error":"sync timed out"}"#), Error::Timeout { after, .. } if after.as_secs() == 7)
        );
    }

    #[test]
    fn a_body_that_is_no_reply_leaves_the_status() {
        for (status, body, problem) in [
            (404, "404 page not found\n", "it does not support this request"),
            (500, "<html>oops</html>", "500"),
            (502, "", "502"),
            (500, r#"{"error":""}"#, "500"),
            (500, r#"{"message":"error"}"#, "500"),
        ] {
            let refused = reported(status, body).to_string();
            assert!(refused.contains("sync of app.sqlite3") && refused.contains(problem), "{refused}");
            assert!(!refused.contains("html"), "{refused}");
        }
        assert!(reported(504, "gateway").is_timeout());
    }
}
