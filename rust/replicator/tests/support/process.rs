//! A replicator in a process of its own: the test binary, run again. SQLite's locks belong to processes, so only there
//! do the application's locks and the replicator's meet as they do in life.
#![allow(clippy::unwrap_used)]

use std::{
    env,
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use litestream_core::{
    Result,
    control::{Client, ListedDatabase, ProofReply, ProofRequest, SnapshotRequest, SyncRequest},
    failpoint,
    process::parent_watch,
    replica::{Layout, Replica},
    store::file::FileStore,
};
use litestream_replicator::{process::serve, telemetry::Chronicle};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

use super::Fixture;

const VARIABLE: &str = "LITESTREAM_TEST_REPLICATOR";

/// The name of [`replicator_process`] in every test binary.
const ENTRY: &str = "support::process::replicator_process";

/// The entry of a started process; does nothing in a test run.
#[test]
fn replicator_process() {
    let Ok(spec) = env::var(VARIABLE) else { return };
    let spec: Value = serde_json::from_str(&spec).unwrap();
    let folder = PathBuf::from(spec["folder"].as_str().unwrap());
    let mut config = super::config(&folder);
    config.min_checkpoint_pages = spec["min_checkpoint_pages"].as_u64().unwrap() as u32;
    config.truncate_pages = spec["truncate_pages"].as_u64().unwrap() as u32;
    config.checkpoint_interval = Duration::from_millis(spec["checkpoint_interval"].as_u64().unwrap());
    config.monitor_interval = Duration::from_millis(spec["monitor_interval"].as_u64().unwrap());
    config.maintenance = if spec["hasty"].as_bool().unwrap() { super::hasty() } else { super::quiet() };
    let levels = spec["levels"].as_array().unwrap().iter();
    config.maintenance.levels = levels.map(|interval| Duration::from_millis(interval.as_u64().unwrap())).collect();
    config.replica.sync_interval = Duration::from_millis(spec["sync_interval"].as_u64().unwrap());
    config.queue.files = spec["queue_files"].as_u64().unwrap() as usize;
    let replica = match spec["endpoint"].as_str() {
        Some(endpoint) => super::bucket::replica(endpoint),
        None => Replica::new(Arc::new(FileStore::new(folder.join("replica"))), Layout::File),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).unwrap();
        let parent = spec["parent"].as_u64().unwrap() as u32;
        // A test that fails drops its processes without a word.
        let shutdown = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                () = parent_watch::watch(parent) => {}
            }
        };
        let socket = Some(folder.join(spec["socket"].as_str().unwrap()));
        serve(vec![(config, replica)], socket, Duration::from_secs(5), Chronicle::default(), shutdown).await.unwrap();
    });
}

pub struct Process {
    child: Child,
    client: Client,
    path: String,
}

impl Fixture {
    /// Waits until the process answers.
    pub async fn spawn(&self) -> Process {
        self.spawn_unready().ready().await
    }

    pub fn spawn_unready(&self) -> Process {
        self.spawn_unready_at("socket")
    }

    pub fn spawn_unready_at(&self, socket: &str) -> Process {
        self.spawn_with(socket, &[])
    }

    /// A process that kills itself at the n-th time it comes to a place of [`failpoint::PLACES`].
    pub fn spawn_to_die(&self, place: &str, time: usize) -> Process {
        self.spawn_with("socket", &[(failpoint::VARIABLE, format!("{place}:{time}"))])
    }

    /// A process that waits whenever it comes to one of these places.
    pub fn spawn_to_pause(&self, places: &[(&str, Duration)]) -> Process {
        let pauses: Vec<String> = places.iter().map(|(place, time)| format!("{place}:{}", time.as_millis())).collect();
        self.spawn_with("socket", &[(failpoint::PAUSE_VARIABLE, pauses.join(","))])
    }

    fn spawn_with(&self, socket: &str, variables: &[(&str, String)]) -> Process {
        let spec = json!({
            "folder": self.folder.path(),
            "socket": socket,
            "hasty": self.config.maintenance.delete,
            "levels": self.config.maintenance.levels.iter().map(|level| level.as_millis() as u64).collect::<Vec<_>>(),
            "parent": std::process::id(),
            "min_checkpoint_pages": self.config.min_checkpoint_pages,
            "truncate_pages": self.config.truncate_pages,
            "checkpoint_interval": self.config.checkpoint_interval.as_millis() as u64,
            "sync_interval": self.config.replica.sync_interval.as_millis() as u64,
            "endpoint": self.endpoint,
            "queue_files": self.config.queue.files,
            "monitor_interval": self.config.monitor_interval.as_millis() as u64,
        });
        let child = Command::new(env::current_exe().unwrap())
            .args([ENTRY, "--exact", "--nocapture"])
            .env(VARIABLE, spec.to_string())
            .envs(variables.iter().map(|(name, value)| (*name, value)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let client = Client::new(self.folder.path().join(socket));
        Process { child, client, path: self.config.path.to_string_lossy().into_owned() }
    }
}

impl Process {
    /// Waits until it answers.
    pub async fn ready(self) -> Process {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.client.info().await.is_err() {
            assert!(Instant::now() < deadline, "no answer");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub async fn sync(&self) -> u64 {
        self.try_sync().await.unwrap()
    }

    pub async fn try_sync(&self) -> Result<u64> {
        let request = SyncRequest { path: self.path.clone(), wait: true, timeout: 20 };
        self.client.sync(&request).await.map(|reply| reply.txid)
    }

    /// Captures; the newest transaction, which need not be uploaded yet.
    pub async fn capture(&self) -> u64 {
        let request = SyncRequest { path: self.path.clone(), wait: false, timeout: 20 };
        self.client.sync(&request).await.unwrap().txid
    }

    pub async fn proof(&self) -> ProofReply {
        self.client.proof(&ProofRequest { path: self.path.clone(), timeout: 20 }).await.unwrap()
    }

    /// Requests a snapshot of everything committed; returns its newest TXID.
    pub async fn snapshot(&self) -> u64 {
        let request = SnapshotRequest { path: self.path.clone(), timeout: 20 };
        self.client.snapshot(&request).await.unwrap().txid
    }

    pub async fn listed(&self) -> ListedDatabase {
        self.client.list().await.unwrap().databases.remove(0)
    }

    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// `None` while it does not answer.
    pub async fn try_listed(&self) -> Option<ListedDatabase> {
        self.client.list().await.ok().map(|mut reply| reply.databases.remove(0))
    }

    /// SIGTERM, and a clean end.
    pub fn stop(self) {
        self.signal(Signal::SIGTERM);
        let (status, stderr) = self.wait();
        assert!(status.success(), "{stderr}");
    }

    /// SIGKILL: nothing more is done.
    pub fn kill(self) {
        self.signal(Signal::SIGKILL);
        assert_eq!(self.wait().0.signal(), Some(Signal::SIGKILL as i32));
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).unwrap();
    }

    /// How it ended by itself, and what it printed.
    pub fn wait_soon(mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.is_alive() {
            if Instant::now() > deadline {
                self.kill();
                panic!("it goes on");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.wait()
    }

    /// How it ended, and what it printed.
    pub fn wait(self) -> (ExitStatus, String) {
        let output = self.child.wait_with_output().unwrap();
        (output.status, String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
