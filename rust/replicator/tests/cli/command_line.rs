//! The executable as scripts meet it: flags of both styles, text and JSON, exit statuses (G6), signals.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use litestream_testkit::s3::{Effect, Fault, Operation, Options, S3Server};
use ltx::{Encoder, Header, PageForm, PageNumber, PageSize, Timestamp, Txid, TxidRange, WalSpan};
use rusqlite::{Connection, MAIN_DB};
use serde_json::Value;
use tempfile::TempDir;

const PAGE_SIZE: u32 = 4096;

/// A replica in a folder, a configuration file that names it, and nothing of the database itself.
struct Case {
    folder: TempDir,
}

struct Ended {
    status: i32,
    out: String,
    err: String,
}

impl Case {
    fn new() -> Self {
        let case = Case { folder: tempfile::tempdir().unwrap() };
        let config = format!(
            "dbs:\n  - path: {}\n    replica:\n      path: {}\n",
            case.path("app.sqlite3").display(),
            case.path("replica").display()
        );
        fs::write(case.path("litestream.yml"), config).unwrap();
        case
    }

    /// With three states of a database in its replica.
    fn with_replica() -> Self {
        let case = Case::new();
        for txid in 1..=3 {
            case.put(txid, &database(txid));
        }
        case
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn ltx(&self, txid: u64) -> PathBuf {
        self.path(&format!("replica/ltx/0/{txid:016x}-{txid:016x}.ltx"))
    }

    fn put(&self, txid: u64, database: &[u8]) {
        fs::create_dir_all(self.path("replica/ltx/0")).unwrap();
        fs::write(self.ltx(txid), encode(txid, database)).unwrap();
        let file = fs::File::options().write(true).open(self.ltx(txid)).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(txid)).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let command = self.command(arguments).output().unwrap();
        ended(command)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_litestream"));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.env("LITESTREAM_CONFIG", self.path("litestream.yml")).stdin(Stdio::null());
        command
    }

    /// Everything in the folder that has to do with the database.
    fn database_files(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.retain(|name| name.contains("app.sqlite3"));
        names.sort();
        names
    }
}

fn ended(output: Output) -> Ended {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Ended { status: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

impl Ended {
    #[track_caller]
    fn with(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{}{}", self.out, self.err);
        assert_eq!(status != 0, self.err.contains("rror: "), "{}", self.err);
        self
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

/// A whole database that says which state it is.
fn database(state: u64) -> Vec<u8> {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(&format!("CREATE TABLE t (x); INSERT INTO t VALUES ({state})")).unwrap();
    connection.serialize(MAIN_DB).unwrap().to_vec()
}

fn encode(txid: u64, database: &[u8]) -> Vec<u8> {
    let header = Header {
        page_size: PageSize::new(PAGE_SIZE).unwrap(),
        commit: database.len() as u32 / PAGE_SIZE,
        txids: TxidRange::single(Txid::new(txid).unwrap()),
        timestamp: Timestamp::from_millis(txid as i64 * 1000),
        wal: WalSpan::default(),
        pre_apply_checksum: None,
        node_id: 0,
    };
    let mut encoder = Encoder::new(Vec::new(), header, PageForm::Block).unwrap();
    for (number, page) in (1..).zip(database.chunks(PAGE_SIZE as usize)) {
        encoder.page(PageNumber::new(number).unwrap(), page).unwrap();
    }
    encoder.finish().unwrap().0
}

fn state(path: &Path) -> i64 {
    let connection = Connection::open(path).unwrap();
    connection.query_row("SELECT x FROM t", [], |row| row.get(0)).unwrap()
}

#[test]
fn restore_by_path_and_by_url_in_both_styles() {
    let case = Case::with_replica();
    let out = case.run(&["restore", "app.sqlite3"]).with(0).out;
    assert!(out.contains("TXID 0000000000000003"), "{out}");
    assert_eq!((state(&case.path("app.sqlite3")), case.database_files()), (3, vec!["app.sqlite3".into()]));

    let url = format!("file://{}", case.path("replica").display());
    case.run(&["restore", "-txid", "0000000000000002", "-o", "two", &url]).with(0);
    case.run(&["restore", "--timestamp=1970-01-01T00:00:02Z", "-o=one", "-integrity-check=full", &url]).with(0);
    assert_eq!((state(&case.path("two")), state(&case.path("one"))), (2, 1));
    assert!(case.run(&["restore", &url]).with(2).err.contains("-o PATH"));
}

#[test]
fn restore_reports_its_result_as_official_json() {
    let case = Case::with_replica();
    let report = case.run(&["restore", "-json", "-o", "a", "app.sqlite3"]).with(0).json();
    assert_eq!((&report["db_path"], &report["replica"]), (&"a".into(), &"file".into()));
    assert_eq!((&report["txid"], &report["integrity_check"]), (&"0000000000000003".into(), &"quick".into()));
    assert!(report["duration_ms"].is_u64());

    let plan = case.run(&["restore", "-dry-run", "-json", "-o", "b", "app.sqlite3"]).with(0).json();
    assert_eq!((&plan["source"], &plan["target_path"]), (&"app.sqlite3".into(), &"b".into()));
    assert_eq!((plan["files"].as_array().unwrap().len(), &plan["max_txid"]), (3, &"0000000000000003".into()));
    assert!(!case.path("b").exists());
}

#[test]
fn no_replica_is_status_3_unless_allowed() {
    let case = Case::new();
    case.run(&["restore", "app.sqlite3"]).with(3);
    case.run(&["restore", "-if-replica-exists", "app.sqlite3"]).with(0);
    assert!(case.database_files().is_empty());
}

#[test]
fn an_unreachable_store_is_status_4_and_never_an_empty_one() {
    let case = Case::new();
    // A port that was just free, and so is closed.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("s3://bucket/db?endpoint=http://127.0.0.1:{port}");
    let keys = [("LITESTREAM_ACCESS_KEY_ID", "key"), ("LITESTREAM_SECRET_ACCESS_KEY", "hush-hush")];
    let mut command = case.command(&["restore", "-if-replica-exists", "-o", "app.sqlite3", &url]);
    let ended = ended(command.envs(keys).output().unwrap()).with(4);
    assert!(ended.err.contains("cannot be reached") && !ended.err.contains("hush-hush"), "{}", ended.err);
    assert!(case.database_files().is_empty());
}

#[test]
fn damage_and_gaps_are_status_5_and_leave_nothing() {
    let case = Case::with_replica();
    let mut bytes = fs::read(case.ltx(3)).unwrap();
    bytes[300] ^= 4;
    fs::write(case.ltx(3), bytes).unwrap();
    case.run(&["restore", "app.sqlite3"]).with(5);

    fs::remove_file(case.ltx(2)).unwrap();
    let missing = case.run(&["restore", "-txid", "0000000000000003", "app.sqlite3"]).with(5).err;
    assert!(missing.contains("TXID 0000000000000002 is missing"), "{missing}");

    // Well-formed, and no database.
    case.put(2, &[7; 2 * PAGE_SIZE as usize]);
    case.run(&["restore", "-txid", "0000000000000002", "app.sqlite3"]).with(5);
    assert!(case.database_files().is_empty());
}

#[test]
fn a_state_that_is_not_there_is_status_6() {
    let case = Case::with_replica();
    case.run(&["restore", "-txid", "0000000000000004", "app.sqlite3"]).with(6);
    case.run(&["restore", "-timestamp", "2030-01-01T00:00:00Z", "app.sqlite3"]).with(6);
    case.run(&["restore", "-timestamp", "1960-01-01T00:00:00+02:00", "app.sqlite3"]).with(6);
    assert!(case.database_files().is_empty());
}

#[test]
fn an_existing_database_is_status_7_unless_it_is_enough_or_moved_aside() {
    let case = Case::with_replica();
    fs::write(case.path("app.sqlite3"), "precious").unwrap();
    case.run(&["restore", "app.sqlite3"]).with(7);
    case.run(&["restore", "-if-db-not-exists", "app.sqlite3"]).with(0);
    assert_eq!(fs::read_to_string(case.path("app.sqlite3")).unwrap(), "precious");

    let report = case.run(&["restore", "-force", "-json", "app.sqlite3"]).with(0).json();
    assert_eq!(state(&case.path("app.sqlite3")), 3);
    assert_eq!(fs::read_to_string(report["kept"].as_str().unwrap()).unwrap(), "precious");
}

#[test]
fn arguments_that_cannot_be_understood_are_status_2() {
    let case = Case::with_replica();
    for arguments in [
        &["restore", "-fast", "app.sqlite3"][..],
        &["restore", "-txid", "3", "app.sqlite3"],
        &["restore", "-txid", "0000000000000001", "-timestamp", "2026-01-01T00:00:00Z", "app.sqlite3"],
        &["restore", "other.sqlite3"],
        &["ltx", "-level", "10", "app.sqlite3"],
        &["ltx", "gopher://replica"],
        &["databases", "-log-level", "loud"],
        &["unknown"],
        &[],
    ] {
        assert_eq!(case.run(arguments).status, 2, "{arguments:?}");
    }
    fs::write(case.path("litestream.yml"), "dbs: [{path: app.sqlite3, replicca: {}}]").unwrap();
    assert!(case.run(&["databases"]).with(2).err.contains("replicca"));
    assert_eq!(case.run(&["restore", "-help"]).status, 0);
}

#[test]
fn listings_in_text_and_json() {
    let case = Case::with_replica();
    let databases = case.run(&["databases", "-json"]).with(0).json();
    assert_eq!(databases[0]["path"], case.path("app.sqlite3").to_str().unwrap());
    assert_eq!(databases[0]["replica"], "file");

    let files = case.run(&["wal", "-json", "-level", "all", "app.sqlite3"]).with(0).json();
    assert_eq!(files.as_array().unwrap().len(), 3);
    assert_eq!(files[1]["min_txid"], "0000000000000002");
    assert_eq!(files[1]["timestamp"], "1970-01-01T00:00:02Z");
    let text = case.run(&["ltx", "app.sqlite3"]).with(0).out;
    assert_eq!(
        text.lines().next().unwrap().split_whitespace().collect::<Vec<_>>().join(" "),
        "level min_txid max_txid size created"
    );

    let generations = case.run(&["generations", "-json", "app.sqlite3"]).with(0).json();
    assert_eq!(generations[0]["generation"], "0000000000000001");
    assert_eq!(generations[0]["end"], "1970-01-01T00:00:03Z");
    let snapshots = case.run(&["snapshots", "-json", "app.sqlite3"]).with(0).json();
    assert_eq!(snapshots[0]["index"], "0000000000000001");
}

#[test]
fn status_needs_no_replicator() {
    let case = Case::new();
    let status = |case: &Case| case.run(&["status", "-json"]).with(0).json()[0]["status"].clone();
    assert_eq!(status(&case), "no database");
    fs::write(case.path("app.sqlite3"), "").unwrap();
    assert_eq!(status(&case), "not initialized");
    let captured = case.path(".app.sqlite3-litestream/ltx/0");
    fs::create_dir_all(&captured).unwrap();
    fs::write(captured.join("000000000000002a-000000000000002a.ltx"), "").unwrap();
    let line = case.run(&["status", "-json", "app.sqlite3"]).with(0).json()[0].clone();
    assert_eq!((&line["status"], &line["local_txid"]), (&"ok".into(), &"000000000000002a".into()));
    assert!(line.get("lag_txids").is_none(), "unknown: {line}");
}

#[test]
fn without_a_replicator_its_commands_are_status_10() {
    let case = Case::new();
    for arguments in [&["info"][..], &["list"], &["sync", "app.sqlite3"], &["verify", "app.sqlite3"]] {
        let arguments = [arguments, &["-socket", "none"]].concat();
        case.run(&arguments).with(10);
    }
}

#[test]
fn env_prints_names_and_never_values() {
    let case = Case::new();
    let missing = case.run(&["env"]).with(2);
    assert!(missing.err.contains("LITESTREAM_REPLICA_BUCKET"), "{}", missing.err);
    let variables = [
        ("LITESTREAM_REPLICA_BUCKET", "value-of-bucket"),
        ("LITESTREAM_ACCESS_KEY_ID", "value-of-id"),
        ("LITESTREAM_SECRET_ACCESS_KEY", "value-of-secret"),
    ];
    let set = ended(case.command(&["env", "-json"]).envs(variables).output().unwrap()).with(0);
    assert_eq!(set.json()[0]["state"], "set");
    assert!(!set.out.contains("value-of"), "{}", set.out);
}

#[test]
fn a_signal_ends_a_restore_without_a_trace() {
    let case = Case::new();
    let server = S3Server::start(Options::with_bucket("bucket")).unwrap();
    server.put("bucket", "db/0000/0000000000000001-0000000000000001.ltx", &encode(1, &database(1))).unwrap();
    server.faults().add(Fault::on(Operation::GetObject, Effect::DelayMilliseconds(60_000)));
    let url = format!("s3://bucket/db?endpoint={}", server.endpoint());
    let mut command = case.command(&["restore", "-o", "app.sqlite3", &url]);
    let keys = [
        ("LITESTREAM_ACCESS_KEY_ID", server.access_key_id()),
        ("LITESTREAM_SECRET_ACCESS_KEY", server.secret_access_key()),
    ];
    let child = command.envs(keys).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let limit = Instant::now() + Duration::from_secs(20);
    while case.database_files().is_empty() {
        assert!(Instant::now() < limit, "no temporary file appeared");
        thread::sleep(Duration::from_millis(5));
    }
    let pid = nix::unistd::Pid::from_raw(child.id() as i32);
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    ended(child.wait_with_output().unwrap()).with(130);
    assert!(case.database_files().is_empty(), "{:?}", case.database_files());
}
