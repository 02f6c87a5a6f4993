//! Lock files and the state folder are for their owner alone: a local user who may read a lock file may lock it, and so
//! stop the backup.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use rusqlite::Connection;
use tempfile::TempDir;

const TIMEOUT: Duration = Duration::from_secs(20);
const STATE: &str = ".app.sqlite3-litestream";

/// Replicates a database until it is stopped.
struct Case {
    child: Running,
    folder: TempDir,
}

/// A process that a failing test ends too.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Case {
    fn start(folder: TempDir, umask: &str, meta_path: &str) -> Self {
        let path = |name: &str| folder.path().join(name);
        let app = Connection::open(path("app.sqlite3")).unwrap();
        app.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE IF NOT EXISTS t (x)").unwrap();
        let config = serde_json::json!({
            "socket": { "enabled": true, "path": path("litestream.sock") },
            "dbs": [{
                "path": path("app.sqlite3"),
                "meta-path": path(meta_path),
                "replica": { "type": "file", "path": path("replica") },
            }],
        });
        fs::write(path("litestream.yml"), config.to_string()).unwrap();
        let child = Command::new("sh")
            .args(["-c", "umask \"$1\" && exec \"$2\" replicate -config \"$3\"", "sh", umask])
            .arg(env!("CARGO_BIN_EXE_litestream"))
            .arg(path("litestream.yml"))
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let case = Case { child: Running(child), folder };
        case.until_captured(meta_path);
        case
    }

    fn until_captured(&self, meta_path: &str) {
        let first = self.path(meta_path).join("ltx/0/0000000000000001-0000000000000001.ltx");
        let began = Instant::now();
        while !first.exists() {
            assert!(began.elapsed() < TIMEOUT, "nothing is captured");
            sleep(Duration::from_millis(20));
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Everything in the state folder is closed, the folder itself too.
    fn assert_private(&self) {
        assert_eq!(mode(&self.path(STATE)), 0o700);
        let mut folders = vec![self.path(STATE)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let expected = if path.is_dir() { 0o700 } else { 0o600 };
                assert_eq!(mode(&path), expected, "{}", path.display());
                folders.extend(path.is_dir().then_some(path));
            }
        }
        assert_eq!(mode(&self.path("litestream.sock")), 0o600);
    }

    fn stop(mut self) -> TempDir {
        kill(Pid::from_raw(self.child.0.id() as i32), Signal::SIGTERM).unwrap();
        assert!(self.child.0.wait().unwrap().success());
        self.folder
    }
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn the_state_is_for_its_owner_alone_with_any_umask() {
    for umask in ["000", "022"] {
        let case = Case::start(tempfile::tempdir().unwrap(), umask, STATE);
        case.assert_private();
        case.stop();
    }
}

#[test]
fn a_state_that_other_users_could_read_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join(STATE);
    fs::create_dir(&state).unwrap();
    fs::write(state.join("lock"), "").unwrap();
    fs::set_permissions(&state, Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(state.join("lock"), Permissions::from_mode(0o644)).unwrap();
    let case = Case::start(folder, "022", STATE);
    case.assert_private();
    case.stop();
}

/// Others may have to read the database.
#[test]
fn a_folder_that_holds_the_database_too_stays_open() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let case = Case::start(folder, "022", "");
    assert_eq!((mode(&case.path("")), mode(&case.path("lock"))), (0o755, 0o600));
    case.stop();
}
