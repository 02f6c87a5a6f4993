//! A hundred databases in one process.

use std::{
    fmt::Write,
    fs,
    path::Path,
    process::{Child, Command},
    time::{Duration, Instant},
};

use litestream_core::control::Client;
use rusqlite::Connection;

const DATABASES: usize = 100;

/// Longer than the ten seconds after which the runtime ends an idle thread.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The main thread, and some that just worked.
const FEW_THREADS: usize = 10;

struct Replicator(Child);

impl Drop for Replicator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn a_database_at_rest_has_no_thread_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let mut config = format!("socket:\n  enabled: true\n  path: {}\ndbs:\n", socket.display());
    let databases: Vec<Connection> =
        (0..DATABASES).map(|number| database(folder.path(), number, &mut config)).collect();
    fs::write(folder.path().join("litestream.yml"), config).unwrap();
    // Fewer open files than they need; the replicator may have more if it asks for them.
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "ulimit -Sn 256; exec \"$0\" replicate", env!("CARGO_BIN_EXE_litestream")]);
    command.env("LITESTREAM_CONFIG", folder.path().join("litestream.yml"));
    let replicator = Replicator(command.spawn().unwrap());

    let client = Client::new(socket);
    let began = Instant::now();
    while replicated(&client).await < DATABASES {
        assert!(began.elapsed() < TIMEOUT, "{} of {DATABASES} databases are replicated", replicated(&client).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut most = threads(&replicator);
    while threads(&replicator) > FEW_THREADS {
        most = most.max(threads(&replicator));
        assert!(began.elapsed() < TIMEOUT, "{} threads stay", threads(&replicator));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    println!("{most} threads at most, {} at rest", threads(&replicator));
    drop(databases);
}

fn database(folder: &Path, number: usize, config: &mut String) -> Connection {
    let path = folder.join(format!("{number}.sqlite3"));
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch("PRAGMA journal_mode = wal; PRAGMA synchronous = off; CREATE TABLE t (x)").unwrap();
    let replica = folder.join(format!("replica-{number}"));
    writeln!(config, "  - path: {}\n    replica:\n      path: {}", path.display(), replica.display()).unwrap();
    connection
}

async fn replicated(client: &Client) -> usize {
    let Ok(listed) = client.list().await else { return 0 };
    listed.databases.iter().filter(|database| database.replicated_txid > 0).count()
}

fn threads(replicator: &Replicator) -> usize {
    fs::read_dir(format!("/proc/{}/task", replicator.0.id())).unwrap().count()
}
