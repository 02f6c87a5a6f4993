//! Client of a running replicator's control socket. One connection per request; dropping the future cancels the
//! request.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Method, Request, Response, body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde::{Serialize, de::DeserializeOwned};
use tokio::{net::UnixStream, task::JoinSet, time};

use super::{
    DEFAULT_TIMEOUT, InfoReply, ListReply, ProofReply, ProofRequest, SnapshotReply, SnapshotRequest, SyncReply,
    SyncRequest, TelemetryReply, failure::error_of, time_limit,
};
use crate::{Error, Result};

/// Size limit of a reply in bytes; our own replies are far smaller.
const REPLY_LIMIT: usize = 16 << 20;

/// Wait beyond the server's own time limit, so that its more detailed timeout error arrives first.
const GRACE: Duration = Duration::from_secs(2);

/// Time for reading a whole database, which a proof's time limit does not include.
const READING: Duration = Duration::from_secs(3600);

/// A control socket by its path. Holds no connection, so it may outlive replicators and cross a fork.
#[derive(Clone, Debug)]
pub struct Client {
    socket: PathBuf,
    timeout: Duration,
}

/// One request, and its name in errors.
struct Call {
    method: Method,
    path: &'static str,
    body: Bytes,
    /// `sync of app.sqlite3`
    what: String,
    /// Time limit that the request states; the client's own for a request that states none.
    limit: Duration,
    timeout: Duration,
}

impl Client {
    /// Connects to nothing yet; each request opens its own connection.
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Client { socket: socket.into(), timeout: DEFAULT_TIMEOUT }
    }

    /// Sets the timeout of `info`, `list` and `telemetry`; the other requests carry their own limit.
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Client { timeout, ..self }
    }

    /// Path of the socket file, which exists only while a replicator runs.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Version, process id and uptime of the replicator.
    pub async fn info(&self) -> Result<InfoReply> {
        self.get("/info", "info").await
    }

    /// Position, lag and failure of each database.
    pub async fn list(&self) -> Result<ListReply> {
        self.get("/list", "list").await
    }

    /// State of the replicator for the dashboard. Refused by official Litestream.
    pub async fn telemetry(&self) -> Result<TelemetryReply> {
        self.get("/telemetry", "telemetry").await
    }

    /// Captures now; with `wait`, returns once the store has acknowledged the capture.
    pub async fn sync(&self, request: &SyncRequest) -> Result<SyncReply> {
        self.post("/sync", format!("sync of {}", request.path), request, time_limit(request.timeout)).await
    }

    /// Requests the live database's checksum. Reading the database may add an hour to the timeout.
    pub async fn proof(&self, request: &ProofRequest) -> Result<ProofReply> {
        let (what, limit) = (format!("proof of {}", request.path), time_limit(request.timeout));
        self.post_within("/proof", what, request, limit, limit + READING).await
    }

    /// Replicates all commits, then writes a snapshot unless the newest one is current.
    pub async fn snapshot(&self, request: &SnapshotRequest) -> Result<SnapshotReply> {
        self.post("/snapshot", format!("snapshot of {}", request.path), request, time_limit(request.timeout)).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &'static str, what: &str) -> Result<T> {
        let timeout = self.timeout;
        self.call(Call { method: Method::GET, path, body: Bytes::new(), what: what.into(), limit: timeout, timeout })
            .await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &'static str,
        what: String,
        request: &impl Serialize,
        limit: Duration,
    ) -> Result<T> {
        self.post_within(path, what, request, limit, limit).await
    }

    async fn post_within<T: DeserializeOwned>(
        &self,
        path: &'static str,
        what: String,
        request: &impl Serialize,
        limit: Duration,
        longest: Duration,
    ) -> Result<T> {
        let body = serde_json::to_vec(request).map_err(|error| Error::Internal(error.to_string()))?.into();
        self.call(Call { method: Method::POST, path, body, what, limit, timeout: longest + GRACE }).await
    }

    async fn call<T: DeserializeOwned>(&self, call: Call) -> Result<T> {
        match time::timeout(call.timeout, self.exchange(&call)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Error::Timeout { what: call.what, after: call.timeout, cause: None }),
        }
    }

    async fn exchange<T: DeserializeOwned>(&self, call: &Call) -> Result<T> {
        let stream = UnixStream::connect(&self.socket).await.map_err(|error| self.connect_error(error))?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| self.broken(call, &error))?;
        // Aborted when this future is dropped, so a cancelled call leaves no open connection.
        let mut driver = JoinSet::new();
        driver.spawn(connection);

        let request = Request::builder()
            .method(&call.method)
            .uri(call.path)
            .header("host", "localhost")
            .header("content-type", "application/json")
            .body(Full::new(call.body.clone()))
            .map_err(|error| Error::Internal(error.to_string()))?;
        let response = sender.send_request(request).await.map_err(|error| self.broken(call, &error))?;
        read_reply(call, response).await
    }

    fn connect_error(&self, error: io::Error) -> Error {
        match error.kind() {
            // Reset: the replicator ended while the connection was queued.
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => {
                Error::NotRunning { socket: self.socket.clone() }
            }
            _ => Error::io("connect to", &self.socket)(error),
        }
    }

    /// Maps a connection that broke before the reply. The replicator has ended, unless the peer does not speak HTTP.
    fn broken(&self, call: &Call, error: &hyper::Error) -> Error {
        if error.is_parse() {
            return call.refused(format!("{} is not a control socket: {error}", self.socket.display()));
        }
        Error::NotRunning { socket: self.socket.clone() }
    }
}

impl Call {
    fn refused(&self, problem: String) -> Error {
        Error::Refused { request: self.what.clone(), problem }
    }
}

async fn read_reply<T: DeserializeOwned>(call: &Call, response: Response<Incoming>) -> Result<T> {
    let status = response.status();
    let body = Limited::new(response.into_body(), REPLY_LIMIT)
        .collect()
        .await
        .map_err(|error| call.refused(format!("its reply ended early: {error}")))?
        .to_bytes();
    if status.is_success() {
        return serde_json::from_slice(&body)
            .map_err(|error| call.refused(format!("its reply cannot be read: {error}")));
    }
    Err(error_of(status, &body, &call.what, call.limit))
}
