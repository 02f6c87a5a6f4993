//! The control socket from both ends: our client against our server, and the socket file's life.

use std::{
    fs,
    os::unix::{fs::PermissionsExt, net::UnixListener},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use litestream_core::{
    Error, Result,
    control::{
        Client, Counters, DatabaseTelemetry, InfoReply, LagSamples, ListReply, ListedDatabase, ProofReply,
        ProofRequest, SnapshotReply, SnapshotRequest, SyncReply, SyncRequest, TelemetryReply, through_handover,
    },
    store::StoreError,
};
use litestream_replicator::server::{Handler, Server};
use tokio::{sync::oneshot, task::JoinHandle, time};

/// Knows one database, `/data/app.sqlite3`; `/data/slow.sqlite3` never finishes, and others fail as [`failure`] says.
struct OneDatabase;

fn failure(path: &str) -> Option<Error> {
    let name = path.strip_prefix("/data/")?.strip_suffix(".sqlite3")?;
    let location = || "s3://backups".to_owned();
    Some(match name {
        "denied" => {
            let (code, reason) = ("AccessDenied".into(), "storage cap exceeded".into());
            StoreError::Denied { location: location(), code, reason }.into()
        }
        "away" => StoreError::Unreachable { location: location(), problem: "reset".into(), sent: true }.into(),
        "taken" => Error::Conflict { what: "the replica".into(), holder: "another writer".into() },
        "full" => Error::DiskFull { path: path.into() },
        "unreadable" => Error::io("read", path)(std::io::Error::from_raw_os_error(5)),
        "ending" => Error::Cancelled,
        _ => return None,
    })
}

#[async_trait]
impl Handler for OneDatabase {
    async fn sync(&self, request: SyncRequest) -> Result<SyncReply> {
        match request.path.as_str() {
            "/data/app.sqlite3" => {
                Ok(SyncReply { status: "synced".into(), path: request.path, txid: 7, replicated_txid: 7 })
            }
            "/data/slow.sqlite3" | "/data/stuck.sqlite3" => std::future::pending().await,
            path => Err(failure(path).unwrap_or_else(|| Error::Refused {
                request: "sync".into(),
                problem: format!("database not found: {path}"),
            })),
        }
    }

    async fn proof(&self, request: ProofRequest) -> Result<ProofReply> {
        let checksum = "8000000000000001".into();
        Ok(ProofReply { path: request.path, txid: 7, page_size: 4096, commit: 2, checksum })
    }

    async fn snapshot(&self, request: SnapshotRequest) -> Result<SnapshotReply> {
        Ok(SnapshotReply { status: "created".into(), path: request.path, txid: 7, size: 4096 })
    }

    async fn list(&self) -> Result<ListReply> {
        let app = ListedDatabase {
            path: "/data/app.sqlite3".into(),
            status: "replicating".into(),
            last_sync_at: Some("2026-01-02T03:04:05Z".into()),
            position_known: true,
            txid: 7,
            replicated_txid: 7,
            lag_txids: 0,
            lag_seconds: 0.0,
            error: None,
            error_code: None,
        };
        Ok(ListReply { databases: vec![app] })
    }

    async fn info(&self) -> Result<InfoReply> {
        let started_at = "2026-01-02T03:04:05Z".into();
        Ok(InfoReply { version: "0.1.0".into(), pid: 42, uptime_seconds: 9, started_at, database_count: 1 })
    }

    async fn telemetry(&self) -> Result<TelemetryReply> {
        let listed = self.list().await?.databases.remove(0);
        let app = DatabaseTelemetry {
            listed,
            phase: "replicating".into(),
            task_error: None,
            capture_error: None,
            upload_error: None,
            maintenance_error: None,
            lag: LagSamples { seconds: vec![0.5], transactions: vec![1] },
            counters: Counters { uploads: 3, uploaded_bytes: 300, failures: 0 },
        };
        let (restarts, memory_bytes) = (Some(2), Some(1 << 20));
        let (databases, events) = (vec![app], Vec::new());
        Ok(TelemetryReply { info: self.info().await?, restarts, memory_bytes, sample_seconds: 10, databases, events })
    }

    fn obstacle(&self, path: &str) -> Option<Arc<Error>> {
        (path == "/data/stuck.sqlite3").then(|| failure("/data/away.sqlite3").map(Arc::new))?
    }
}

struct Running {
    socket: PathBuf,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
    _dir: tempfile::TempDir,
}

impl Running {
    fn start() -> Running {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("control.sock");
        let (stop, stopped) = oneshot::channel::<()>();
        let server = Server::bind(&socket).unwrap();
        let server = tokio::spawn(server.run(Arc::new(OneDatabase), async {
            let _ = stopped.await;
        }));
        Running { socket, stop, server, _dir: dir }
    }
}

fn sync(path: &str, timeout: u64) -> SyncRequest {
    SyncRequest { path: path.into(), wait: true, timeout }
}

#[tokio::test]
async fn every_request_is_answered() {
    let running = Running::start();
    let client = Client::new(&running.socket);
    assert_eq!(client.info().await.unwrap().pid, 42);
    assert_eq!(client.list().await.unwrap().databases[0].txid, 7);
    assert_eq!(client.sync(&sync("/data/app.sqlite3", 0)).await.unwrap().replicated_txid, 7);
    let snapshot = SnapshotRequest { path: "/data/app.sqlite3".into(), timeout: 0 };
    assert_eq!(client.snapshot(&snapshot).await.unwrap().txid, 7);
    let telemetry = client.telemetry().await.unwrap();
    assert_eq!((telemetry.info.pid, telemetry.restarts, telemetry.databases[0].listed.txid), (42, Some(2), 7));
    let proof = ProofRequest { path: "/data/./x/../app.sqlite3".into(), timeout: 1 };
    assert_eq!(client.proof(&proof).await.unwrap().path, "/data/app.sqlite3");
}

#[tokio::test]
async fn refusals_carry_the_reason() {
    let running = Running::start();
    let client = Client::new(&running.socket);
    let unknown = client.sync(&sync("/data/other.sqlite3", 0)).await.unwrap_err();
    assert!(matches!(&unknown, Error::Refused { problem, .. } if problem == "database not found: /data/other.sqlite3"));
    let blank = client.sync(&sync("", 0)).await.unwrap_err();
    assert!(matches!(&blank, Error::Refused { problem, .. } if problem == "path required"));
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_a_time_out() {
    let running = Running::start();
    let client = Client::new(&running.socket);
    let slow = client.sync(&sync("/data/slow.sqlite3", 1)).await.unwrap_err();
    assert_eq!(slow.to_string(), "sync of /data/slow.sqlite3 did not finish within 1 s");
    let stuck = client.sync(&sync("/data/stuck.sqlite3", 1)).await.unwrap_err();
    assert!(stuck.to_string().ends_with("within 1 s: s3://backups cannot be reached: reset"), "{stuck}");
    for error in [slow, stuck] {
        assert_eq!((error.code(), error.exit_status(), error.is_retryable()), ("timeout", 11, true));
    }
}

#[tokio::test]
async fn a_failure_arrives_with_its_code_status_and_sentence() {
    let running = Running::start();
    let client = Client::new(&running.socket);
    for (name, code, exit_status) in [
        ("denied", "denied", 4),
        ("away", "unreachable", 4),
        ("taken", "conflict", 8),
        ("full", "disk_full", 12),
        ("unreadable", "io", 1),
    ] {
        let path = format!("/data/{name}.sqlite3");
        let (sent, arrived) = (failure(&path).unwrap(), client.sync(&sync(&path, 1)).await.unwrap_err());
        assert_eq!((arrived.code(), arrived.exit_status()), (code, exit_status));
        assert_eq!((arrived.to_string(), arrived.is_retryable()), (sent.to_string(), sent.is_retryable()));
    }
}

/// A server that is restarted ends its replicator; the next one does what was asked.
#[tokio::test]
async fn a_request_that_a_replicator_did_not_finish_is_asked_again() {
    let running = Running::start();
    let client = Client::new(&running.socket);
    let mut paths = vec!["/data/app.sqlite3", "/data/ending.sqlite3"];
    let synced = through_handover(Duration::from_secs(5), |_| {
        let request = sync(paths.pop().unwrap(), 1);
        let client = &client;
        async move { client.sync(&request).await }
    });
    assert_eq!(synced.await.unwrap().txid, 7);
}

#[tokio::test]
async fn a_server_that_never_answers_is_a_time_out() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("mute.sock");
    let _mute = UnixListener::bind(&socket).unwrap();
    let client = Client::new(&socket).with_timeout(Duration::from_millis(100));
    assert!(matches!(client.info().await, Err(Error::Timeout { .. })));
}

#[tokio::test]
async fn no_socket_and_no_listener_both_mean_not_running() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("gone.sock");
    assert!(matches!(Client::new(&socket).info().await, Err(Error::NotRunning { .. })));
    drop(UnixListener::bind(&socket).unwrap());
    assert!(socket.exists());
    assert!(matches!(Client::new(&socket).info().await, Err(Error::NotRunning { .. })));
}

#[tokio::test]
async fn a_stale_socket_is_replaced_and_a_live_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("control.sock");
    drop(UnixListener::bind(&socket).unwrap());
    let first = Server::bind(&socket).unwrap();
    assert_eq!(mode(&socket), 0o600);
    assert!(matches!(Server::bind(&socket), Err(Error::Conflict { .. })));
    drop(first);
    assert!(!socket.exists());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "no temporary name is left behind");
}

#[tokio::test]
async fn a_file_other_than_a_socket_is_never_removed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notes.txt");
    fs::write(&path, "keep").unwrap();
    assert!(matches!(Server::bind(&path), Err(Error::Config { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), "keep");
    let long = dir.path().join("x".repeat(120));
    assert!(matches!(Server::bind(&long), Err(Error::Config { .. })));
}

#[tokio::test]
async fn shutdown_removes_the_socket_and_waits_briefly_for_open_requests() {
    let running = Running::start();
    let client = Client::new(&running.socket);
    let slow = tokio::spawn({
        let client = client.clone();
        async move { client.sync(&sync("/data/slow.sqlite3", 60)).await }
    });
    client.info().await.unwrap();
    running.stop.send(()).unwrap();
    time::timeout(Duration::from_secs(5), running.server).await.unwrap().unwrap();
    assert!(!running.socket.exists());
    assert!(matches!(slow.await.unwrap(), Err(Error::NotRunning { .. })));
}

/// The standard output of the official command, or its error.
fn official(binary: &Path, socket: &Path, arguments: &[&str]) -> std::result::Result<String, String> {
    let (command, rest) = arguments.split_first().unwrap();
    let output = Command::new(binary).env_clear().arg(command).arg("-socket").arg(socket).args(rest).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_commands_are_answered() {
    let Some(binary) = litestream_testkit::official::binary("0.5.17") else { return };
    let running = Running::start();
    let ask = |arguments: &[&str]| official(&binary, &running.socket, arguments);
    assert_eq!(ask(&["list"]).unwrap(), "/data/app.sqlite3 [replicating] (last sync: 2026-01-02T03:04:05Z)\n");
    assert!(ask(&["info"]).unwrap().contains("PID:        42\n"));
    assert!(ask(&["sync", "-wait", "/data/app.sqlite3"]).unwrap().contains("replica_txid: 7\n"));
    let unknown = ask(&["sync", "/data/other.sqlite3"]).unwrap_err();
    assert!(unknown.contains("sync failed: database not found: /data/other.sqlite3"), "{unknown}");
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
