//! A machine with one database, and a bucket for its replica.

use std::{path::PathBuf, time::Duration};

use litestream_testkit::{
    official::{Location, Settings},
    s3::{Options, S3Server},
};
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::{self, Runtime};

pub const BUCKET: &str = "interop";
pub const REPLICA_PATH: &str = "databases/app";
/// How often an engine captures without being asked.
pub const MONITOR_INTERVAL: Duration = Duration::from_millis(50);

const DATABASE: &str = "app.sqlite3";
const META: &str = ".app.sqlite3-litestream";

/// Frames after which the WAL is checkpointed: few, so that every test sees the WAL restart.
const MIN_CHECKPOINT_PAGES: u32 = 50;

/// Everything that engines need to work on the same database and the same replica. Gone when dropped.
pub struct Site {
    pub server: S3Server,
    /// The configuration of every engine.
    pub settings: Settings,
    pub runtime: Runtime,
    folder: TempDir,
}

impl Site {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = S3Server::start(Options::with_bucket(BUCKET)).unwrap();
        let location = Location::on(&server, BUCKET, REPLICA_PATH);
        let socket = json!({ "enabled": true, "path": folder.path().join("socket") });
        let settings = Settings::new(folder.path().join(DATABASE), &location)
            .database("monitor-interval", json!(format!("{}ms", MONITOR_INTERVAL.as_millis())))
            .database("min-checkpoint-page-count", json!(MIN_CHECKPOINT_PAGES))
            .global("socket", socket);
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Site { server, settings, runtime, folder }
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join(DATABASE)
    }

    pub fn meta_path(&self) -> PathBuf {
        self.folder.path().join(META)
    }

    /// Removes the database with everything beside it.
    pub fn lose_machine(&self) {
        for suffix in ["", "-wal", "-shm"] {
            let path = self.folder.path().join(format!("{DATABASE}{suffix}"));
            assert!(std::fs::remove_file(&path).is_ok() || !path.exists(), "{}", path.display());
        }
        std::fs::remove_dir_all(self.meta_path()).unwrap();
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// A fresh name for a restored copy.
    pub fn copy(&self) -> PathBuf {
        (0..).map(|number| self.folder.path().join(format!("copy-{number}"))).find(|path| !path.exists()).unwrap()
    }
}
