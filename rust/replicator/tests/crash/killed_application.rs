//! The executable as the child of an application that is killed: nothing committed before is lost, and nothing stays
//! behind.
#![cfg(target_os = "linux")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use litestream_core::{
    config::{self, Config, DatabaseConfig, Location, ReplicaConfig},
    control::Client,
    failpoint,
    process::{
        OutputTarget, Supervisor, SupervisorSettings,
        executable::{self, Engine},
    },
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use rusqlite::Connection;

const EXECUTABLE: &str = env!("CARGO_BIN_EXE_litestream");

/// Set in the process that plays the application: the folder it shares with the test.
const DIR: &str = "SUPERVISED_TEST_DIR";

/// Not a test: what the application does.
#[test]
fn application() {
    let Some(dir) = env::var_os(DIR).map(PathBuf::from) else { return };
    let mut database = DatabaseConfig::new(dir.join("app.db"), ReplicaConfig::new(replica(&dir)));
    // Nothing is captured by the clock, so only the last sync can save what comes after the first.
    database.monitor_interval = Duration::from_secs(3600);
    database.replica.sync_interval = Duration::from_secs(3600);
    let rendered = config::render(&Config::new(vec![database], Some(dir.join("control.sock")))).unwrap();
    let file = dir.join("litestream.yml");
    rendered.write(&file).unwrap();
    let command =
        executable::replicate(Engine::Native, EXECUTABLE.into(), &file, &rendered, OutputTarget::File(dir.join("log")));
    let _supervisor = Supervisor::start(SupervisorSettings::new(command, dir.join("lock"))).unwrap();
    thread::sleep(Duration::from_secs(60));
}

fn replica(dir: &Path) -> Location {
    Location::File { path: dir.join("replica") }
}

fn start_application(dir: &Path) -> Child {
    let mut command = process::Command::new(env::current_exe().unwrap());
    command.args(["--exact", "killed_application::application", "--nocapture"]).env(DIR, dir).stdout(Stdio::null());
    // For the application alone: the replicator reaches no such place.
    command.env(failpoint::PANIC_VARIABLE, format!("task: supervision:{}", dir.join("trigger").display()));
    command.spawn().unwrap()
}

fn database(dir: &Path) -> Connection {
    let app = Connection::open(dir.join("app.db")).unwrap();
    app.pragma_update(None, "journal_mode", "wal").unwrap();
    app.execute_batch("CREATE TABLE note (text)").unwrap();
    app
}

/// The replicator's process id, once it has replicated the database for the first time.
async fn replicator(dir: &Path) -> u32 {
    let client = Client::new(dir.join("control.sock"));
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let (Ok(info), Ok(list)) = (client.info().await, client.list().await)
            && list.databases[0].replicated_txid > 0
        {
            return info.pid;
        }
        let log = fs::read_to_string(dir.join("log")).unwrap_or_default();
        assert!(Instant::now() < deadline, "no replicator: {log}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_last_commit_before_the_application_was_killed_is_replicated() {
    let dir = tempfile::tempdir().unwrap();
    let app = database(dir.path());
    let mut application = start_application(dir.path());
    let pid = replicator(dir.path()).await;

    app.execute_batch("INSERT INTO note VALUES ('the last')").unwrap();
    application.kill().unwrap();
    let killed = Instant::now();
    while fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z")) {
        assert!(
            killed.elapsed() < Duration::from_secs(10),
            "the replicator outlived its parent: {}",
            fs::read_to_string(dir.path().join("log")).unwrap()
        );
        thread::sleep(Duration::from_millis(10));
    }
    application.wait().unwrap();

    let restored = dir.path().join("restored.db");
    let output = Command::new(EXECUTABLE)
        .args(["restore", "-o"])
        .args([&restored, Path::new(&format!("file://{}", dir.path().join("replica").display()))])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text: String =
        Connection::open(restored).unwrap().query_row("SELECT text FROM note", [], |row| row.get(0)).unwrap();
    assert_eq!(text, "the last");
}

#[tokio::test]
async fn a_supervising_thread_that_panics_keeps_its_replicator_and_starts_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let _app = database(dir.path());
    let trigger = dir.path().join("trigger");
    fs::write(&trigger, "").unwrap();
    let mut application = start_application(dir.path());
    let pid = replicator(dir.path()).await;
    // It panics once more at least.
    thread::sleep(Duration::from_millis(2500));
    assert_eq!(replicator(dir.path()).await, pid);
    fs::remove_file(trigger).unwrap();
    kill(Pid::from_raw(pid as i32), Signal::SIGKILL).unwrap();
    assert_ne!(replicator(dir.path()).await, pid);
    application.kill().unwrap();
    application.wait().unwrap();
}
