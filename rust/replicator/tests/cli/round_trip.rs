//! G7 with the executable alone: `replicate`, `sync -wait`, `verify`, `restore`, each a process of its own.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use litestream_testkit::s3::{Effect, Fault, Operation, Options, S3Server};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use rusqlite::Connection;
use tempfile::TempDir;

struct App {
    folder: TempDir,
    replicator: Child,
}

impl App {
    /// A database, and a replicator that answers on its socket.
    fn start() -> Self {
        App::replicating_to("path: replica")
    }

    /// `replica`: in YAML, within braces.
    fn replicating_to(replica: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let config = format!(
            "socket: {{enabled: true, path: {}}}\ndbs:\n  - {{path: {}, replica: {{{replica}}}}}\n",
            path("socket"),
            path("app.sqlite3"),
        );
        fs::write(path("litestream.yml"), config).unwrap();
        let app = Connection::open(path("app.sqlite3")).unwrap();
        app.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (x)").unwrap();
        let log = fs::File::create(path("log")).unwrap();
        let mut replicate = Command::new(env!("CARGO_BIN_EXE_litestream"));
        replicate.args(["replicate", "-config", &path("litestream.yml")]).stdin(Stdio::null()).stderr(log);
        replicate.current_dir(folder.path());
        let app = App { replicator: replicate.spawn().unwrap(), folder };
        let limit = Instant::now() + Duration::from_secs(20);
        while !app.run(&["info"]).status.success() {
            assert!(Instant::now() < limit, "{}", fs::read_to_string(app.path("log")).unwrap());
            thread::sleep(Duration::from_millis(20));
        }
        app
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_litestream"));
        command.args(arguments).args(["-config", "litestream.yml"]).current_dir(self.folder.path());
        command.output().unwrap()
    }

    #[track_caller]
    fn expect(&self, status: i32, arguments: &[&str]) -> String {
        let Output { status: found, stdout, stderr } = self.run(arguments);
        let said = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
        assert_eq!(found.code(), Some(status), "{arguments:?}: {said}");
        said
    }

    fn insert(&self, rows: u32) {
        let app = Connection::open(self.path("app.sqlite3")).unwrap();
        app.busy_timeout(Duration::from_secs(5)).unwrap();
        for _ in 0..rows {
            app.execute("INSERT INTO t VALUES (randomblob(1000))", []).unwrap();
        }
    }

    fn stop(mut self) -> (TempDir, i32) {
        kill(Pid::from_raw(self.replicator.id() as i32), Signal::SIGTERM).unwrap();
        let status = self.replicator.wait().unwrap().code().unwrap_or(-1);
        (std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap()), status)
    }
}

impl Drop for App {
    fn drop(&mut self) {
        // Both fail if it has ended already.
        let _ = self.replicator.kill();
        let _ = self.replicator.wait();
    }
}

fn rows(folder: &TempDir, name: &str) -> u32 {
    let restored = Connection::open(folder.path().join(name)).unwrap();
    restored.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_synced_database_is_verified_and_restored() {
    let app = App::start();
    app.insert(50);
    let synced = app.expect(0, &["sync", "-wait", "app.sqlite3"]);
    assert!(synced.contains("replicated 0000"), "{synced}");
    app.expect(0, &["restore", "-o", "synced.sqlite3", "app.sqlite3"]);
    assert_eq!(rows(&app.folder, "synced.sqlite3"), 50);

    app.insert(25);
    let verified = app.expect(0, &["verify", "app.sqlite3"]);
    assert!(verified.contains("at TXID 0000"), "{verified}");
    let listed = app.expect(0, &["list"]);
    assert!(listed.contains("app.sqlite3") && listed.contains("replicating"), "{listed}");

    app.insert(5);
    let (folder, status) = app.stop();
    assert_eq!(status, 0);
    let restored = Command::new(env!("CARGO_BIN_EXE_litestream"))
        .args(["restore", "-o", "last.sqlite3", &format!("file://{}/replica", folder.path().display())])
        .current_dir(folder.path())
        .status();
    assert!(restored.unwrap().success());
    assert_eq!(rows(&folder, "last.sqlite3"), 80, "the last sync was part of the shutdown");
}

#[test]
fn a_damaged_replica_fails_verification() {
    let app = App::start();
    app.insert(10);
    app.expect(0, &["verify", "app.sqlite3"]);
    let first = app.path("replica/ltx/0/0000000000000001-0000000000000001.ltx");
    let mut bytes = fs::read(&first).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&first, bytes).unwrap();
    let failed = app.expect(9, &["verify", "app.sqlite3"]);
    assert!(failed.contains("corrupt"), "{failed}");
    fs::remove_dir_all(app.path("replica")).unwrap();
    app.expect(9, &["verify", "app.sqlite3"]);
}

#[test]
fn a_failure_behind_the_control_socket_ends_the_command_with_its_own_status() {
    let server = S3Server::start(Options::with_bucket("bucket")).unwrap();
    let (endpoint, id, secret) = (server.endpoint(), server.access_key_id(), server.secret_access_key());
    let app = App::replicating_to(&format!(
        "type: s3, bucket: bucket, path: db, endpoint: '{endpoint}', access-key-id: {id}, secret-access-key: {secret}"
    ));
    let sync = ["sync", "-wait", "-timeout", "9", "app.sqlite3"];
    server.faults().add(Fault::on(Operation::PutObject, Effect::Status(500)).once());
    app.insert(1);
    app.expect(0, &sync);
    let log = fs::read_to_string(app.path("log")).unwrap();
    assert!(!log.contains("ERROR") && !log.contains("WARN"), "a retry healed it: {log}");

    let during = |status: u16, work: &dyn Fn()| {
        server.faults().add(Fault::on(Operation::PutObject, Effect::Status(status)));
        app.insert(1);
        work();
        server.faults().clear();
        app.expect(0, &sync);
    };
    during(403, &|| {
        for command in [&sync[..], &["verify", "app.sqlite3"]] {
            let denied = app.expect(4, command);
            assert!(denied.contains("s3://bucket denied access (AccessDenied"), "{denied}");
        }
    });
    during(503, &|| {
        let late = app.expect(11, &sync);
        assert!(late.contains("did not finish within 9 s: s3://bucket is not serving requests now"), "{late}");
    });

    let keys = server.keys("bucket");
    let newest = keys
        .iter()
        .filter_map(|key| ltx::file_name::parse(key.strip_prefix("db/0000/")?))
        .max_by_key(|txids| txids.max());
    let next = newest.unwrap().max().next();
    server.put("bucket", &format!("db/0000/{next}-{next}.ltx"), b"another writer's").unwrap();
    app.insert(1);
    let taken = app.expect(8, &sync);
    assert!(taken.contains("is in use by another writer"), "{taken}");
    app.expect(8, &sync);
}
