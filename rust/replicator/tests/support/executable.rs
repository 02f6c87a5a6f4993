//! The executable itself: `litestream replicate` with a configuration file, in a process of its own.
#![allow(clippy::unwrap_used)]

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
    time::{Duration, Instant},
};

use litestream_core::{
    Result,
    control::{Client, DatabaseTelemetry, ListedDatabase, ProofReply, ProofRequest, SnapshotRequest, SyncRequest},
    failpoint,
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

const EXECUTABLE: &str = env!("CARGO_BIN_EXE_litestream");

/// For whatever happens within a second or two on a machine at rest.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Databases of a folder, and their configuration.
pub struct Setup {
    pub folder: TempDir,
    /// Keys at the top of the configuration.
    pub global: Value,
    databases: Vec<Value>,
}

/// A running executable; killed when dropped.
pub struct Executable<'a> {
    setup: &'a Setup,
    child: Child,
    pub client: Client,
}

impl Setup {
    pub fn new() -> Self {
        Setup { folder: tempfile::tempdir().unwrap(), global: json!({}), databases: Vec::new() }
    }

    /// A database with a table `t`, and its replica in a folder; `settings`: more keys of the database.
    pub fn database(&mut self, name: &str, settings: Value) -> Connection {
        let replica = json!({ "type": "file", "path": self.folder.path().join("replica").join(name) });
        self.database_at(name, replica, settings)
    }

    pub fn database_at(&mut self, name: &str, mut replica: Value, settings: Value) -> Connection {
        replica.as_object_mut().unwrap().entry("sync-interval").or_insert(json!("20ms"));
        let mut database = json!({ "path": self.path(name), "monitor-interval": "50ms", "replica": replica });
        database.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        self.databases.push(database);
        let app = Connection::open(self.path(name)).unwrap();
        app.busy_timeout(Duration::from_secs(5)).unwrap();
        app.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (x)").unwrap();
        app
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// While this file is there, the process panics where it was started to.
    pub fn trigger(&self) -> PathBuf {
        self.path("trigger")
    }

    /// Begins with a panic at every time that this place is reached, as long as there is the file [`Self::trigger`].
    pub fn start(&self, place: &str) -> Executable<'_> {
        let socket = self.path("socket");
        let mut config = json!({ "socket": { "enabled": true, "path": socket }, "dbs": self.databases });
        config.as_object_mut().unwrap().extend(self.global.as_object().unwrap().clone());
        fs::write(self.path("litestream.yml"), config.to_string()).unwrap();
        let child = Command::new(EXECUTABLE)
            .arg("replicate")
            .env("LITESTREAM_CONFIG", self.path("litestream.yml"))
            .env("RUST_BACKTRACE", "0")
            .env(failpoint::PANIC_VARIABLE, format!("{place}:{}", self.trigger().display()))
            .stderr(File::create(self.path("log")).unwrap())
            .spawn()
            .unwrap();
        Executable { setup: self, child, client: Client::new(socket) }
    }

    /// Runs another command with the same configuration; what it prints.
    pub fn run(&self, command: &str) -> String {
        let output = Command::new(EXECUTABLE)
            .arg(command)
            .env("LITESTREAM_CONFIG", self.path("litestream.yml"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap()
    }

    /// Restores the newest state of a database in a folder; its rows in table `t`.
    pub fn restored_rows(&self, name: &str) -> u32 {
        let copy = self.path("restored.sqlite3");
        let _ = fs::remove_file(&copy);
        let url = format!("file://{}", self.folder.path().join("replica").join(name).display());
        let output = Command::new(EXECUTABLE).arg("restore").arg("-o").arg(&copy).arg(url).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Connection::open(&copy).unwrap().query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    }
}

impl Executable<'_> {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the list says so of this database.
    pub async fn until(&self, name: &str, what: &str, reached: impl Fn(&ListedDatabase) -> bool) -> ListedDatabase {
        let deadline = Instant::now() + TIMEOUT;
        let mut last = None;
        while Instant::now() < deadline {
            if let Ok(list) = self.client.list().await {
                let path = self.setup.path(name);
                let listed = list.databases.into_iter().find(|listed| Path::new(&listed.path) == path).unwrap();
                if reached(&listed) {
                    return listed;
                }
                last = Some(listed);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never {what}: {last:?}; the log:\n{}", self.setup.log());
    }

    pub async fn telemetry(&self, name: &str) -> DatabaseTelemetry {
        let path = self.setup.path(name);
        let databases = self.client.telemetry().await.unwrap().databases;
        databases.into_iter().find(|database| Path::new(&database.listed.path) == path).unwrap()
    }

    /// The newest transaction, which the replica has.
    pub async fn sync(&self, name: &str) -> Result<u64> {
        let request = SyncRequest { path: self.requested(name), wait: true, timeout: 20 };
        self.client.sync(&request).await.map(|reply| reply.txid)
    }

    /// Syncs as soon as the process answers.
    pub async fn first_sync(&self, name: &str) -> u64 {
        self.until(name, "started", |listed| listed.replicated_txid > 0).await;
        self.sync(name).await.unwrap()
    }

    pub async fn proof(&self, name: &str) -> Result<ProofReply> {
        self.client.proof(&ProofRequest { path: self.requested(name), timeout: 20 }).await
    }

    pub async fn snapshot(&self, name: &str) -> Result<u64> {
        let request = SnapshotRequest { path: self.requested(name), timeout: 20 };
        self.client.snapshot(&request).await.map(|reply| reply.txid)
    }

    fn requested(&self, name: &str) -> String {
        self.setup.path(name).to_string_lossy().into_owned()
    }

    /// Waits for the log.
    pub async fn until_logged(&self, text: &str) {
        let deadline = Instant::now() + TIMEOUT;
        while !self.setup.log().contains(text) {
            assert!(Instant::now() < deadline, "never logged {text:?}:\n{}", self.setup.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// SIGTERM; how it ends.
    pub fn stop(mut self) -> ExitStatus {
        kill(Pid::from_raw(self.child.id() as i32), Signal::SIGTERM).unwrap();
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it goes on:\n{}", self.setup.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Executable<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
