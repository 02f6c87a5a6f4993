//! G6: a place where Litestream 0.3 replicated is never one where nothing was replicated. The real 0.3.13 writes it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Duration, Instant},
};

use litestream_testkit::{
    official::{Location, Official, Replication, Settings, Target},
    s3::{Operation, Options, S3Server},
};
use rusqlite::Connection;

const BUCKET: &str = "bucket";
const TIMEOUT: Duration = Duration::from_secs(30);

struct Case {
    folder: tempfile::TempDir,
    settings: Settings,
    legacy: Official,
    ours: Official,
}

impl Case {
    /// A database with ten rows, replicated by Litestream 0.3 and then lost. `None`: that version cannot be had.
    fn new(folder: tempfile::TempDir, location: &Location) -> Option<Self> {
        let legacy = Official::find("0.3.13")?;
        let ours = Official::at(env!("CARGO_BIN_EXE_litestream"), "0.5.17");
        let settings = Settings::new(folder.path().join("app.sqlite3"), location);
        let case = Case { folder, settings, legacy, ours };
        let replication = case.legacy.replicate(&case.settings).unwrap();
        case.write(10);
        case.until_restored(10);
        replication.stop(TIMEOUT).unwrap();
        for name in ["app.sqlite3", "app.sqlite3-wal", "app.sqlite3-shm"] {
            let _ = fs::remove_file(case.path(name));
        }
        Some(case)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, rows: u32) {
        let app = Connection::open(self.path("app.sqlite3")).unwrap();
        app.busy_timeout(TIMEOUT).unwrap();
        app.pragma_update(None, "journal_mode", "wal").unwrap();
        app.execute_batch("CREATE TABLE IF NOT EXISTS t (x)").unwrap();
        for row in 0..rows {
            app.execute("INSERT INTO t VALUES (?)", [row]).unwrap();
        }
    }

    /// Waits until Litestream 0.3 restores that many rows.
    fn until_restored(&self, rows: u32) {
        let began = Instant::now();
        while self.restored_by_legacy() != Some(rows) {
            assert!(began.elapsed() < TIMEOUT, "0.3.13 never restored {rows} rows");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn restored_by_legacy(&self) -> Option<u32> {
        let output = tempfile::tempdir().unwrap();
        let output = output.path().join("db");
        self.legacy.restore(&self.settings, &Target::Latest, &output).ok()?;
        count(&output)
    }

    /// Runs our executable on the same configuration.
    fn run(&self, arguments: &[&str]) -> Output {
        fs::write(self.path("litestream.yml"), self.settings.render("0.5.17")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_litestream"));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.env("LITESTREAM_CONFIG", self.path("litestream.yml")).output().unwrap()
    }

    /// That each of our commands that would find nothing says what is there instead, and writes nothing.
    fn assert_refused(&self) {
        for arguments in [
            &["restore", "app.sqlite3"][..],
            &["restore", "-if-replica-exists", "app.sqlite3"],
            &["restore", "-if-replica-exists", "-if-db-not-exists", "app.sqlite3"],
            &["restore", "-dry-run", "app.sqlite3"],
            &["generations", "app.sqlite3"],
            &["snapshots", "app.sqlite3"],
            &["ltx", "app.sqlite3"],
        ] {
            let ended = self.run(arguments);
            let said = String::from_utf8_lossy(&ended.stderr);
            assert_eq!(ended.status.code(), Some(13), "{arguments:?}: {said}");
            assert!(said.contains("replica of Litestream 0.3") && said.contains("0.3.13"), "{said}");
            assert!(!self.path("app.sqlite3").exists(), "{arguments:?}");
        }
    }
}

fn count(database: &Path) -> Option<u32> {
    let app = Connection::open(database).unwrap();
    app.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).ok()
}

fn until(replication: &Replication, text: &str) {
    let began = Instant::now();
    while !replication.log().contains(text) {
        assert!(began.elapsed() < TIMEOUT, "{text:?} never came; the log:\n{}", replication.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn g6_a_folder_of_litestream_0_3_is_never_an_empty_replica() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::File(folder.path().join("replica"));
    let Some(case) = Case::new(folder, &location) else { return };
    case.assert_refused();
}

/// To look for it costs one LIST where nothing else is there, and nothing where there is a newer replica.
#[test]
fn g6_a_bucket_of_litestream_0_3_is_never_an_empty_replica() {
    let server = S3Server::start(Options::with_bucket(BUCKET)).unwrap();
    let location = Location::on(&server, BUCKET, "db");
    let Some(case) = Case::new(tempfile::tempdir().unwrap(), &location) else { return };
    case.assert_refused();

    let listings = || server.requests().counts().get(&Operation::ListObjectsV2).map_or(0, |count| count.requests);
    let levels = 10;
    let before = listings();
    assert_eq!(case.run(&["restore", "app.sqlite3"]).status.code(), Some(13));
    assert_eq!(listings() - before, levels + 1 + levels);

    let elsewhere = Settings::new(case.settings.database_path(), &Location::on(&server, BUCKET, "elsewhere"));
    let case = Case { settings: elsewhere, ..case };
    let before = listings();
    assert_eq!(case.run(&["restore", "app.sqlite3"]).status.code(), Some(3));
    assert_eq!(listings() - before, levels + 1, "an empty place");
    case.write(1);
    let replication = case.ours.replicate(&case.settings).unwrap();
    until(&replication, "captured for the first time");
    replication.stop(TIMEOUT).unwrap();
    let before = listings();
    assert_eq!(case.run(&["restore", "-o", "restored", "app.sqlite3"]).status.code(), Some(0));
    assert_eq!(listings() - before, levels, "a replica of today");
}

/// An absent database is not begun anew; one that is there begins a new history beside the old one, and the log says so.
#[test]
fn g6_replication_never_hides_a_replica_of_litestream_0_3() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::File(folder.path().join("replica"));
    let Some(mut case) = Case::new(folder, &location) else { return };
    case.settings = case.settings.database("restore-if-db-not-exists", serde_json::json!(true));
    let replication = case.ours.replicate(&case.settings).unwrap();
    until(&replication, "cannot begin");
    until(&replication, "holds a replica of Litestream 0.3");
    assert!(!case.path("app.sqlite3").exists() && !case.path("replica/ltx").exists());

    case.write(3);
    until(&replication, "a new history begins beside an older replica");
    let output = case.path("restored");
    let began = Instant::now();
    while case.ours.restore(&case.settings, &Target::Latest, &output).is_err() || count(&output) != Some(3) {
        let _ = fs::remove_file(&output);
        assert!(began.elapsed() < TIMEOUT, "{}", replication.log());
        std::thread::sleep(Duration::from_millis(100));
    }
    replication.stop(TIMEOUT).unwrap();
    assert_eq!(case.restored_by_legacy(), Some(10), "the old one stays");

    // With files of both there is nothing to warn of: a restore finds the newer one.
    let again = case.ours.replicate(&case.settings).unwrap();
    until(&again, "replicating");
    assert!(!again.log().contains("Litestream 0.3"), "{}", again.log());
    again.stop(TIMEOUT).unwrap();
}
