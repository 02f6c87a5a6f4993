//! When commits are noticed and uploaded: at once after quiet, in batches under load, without a clock in between.

use std::time::{Duration, Instant};

use crate::support::{App, Fixture, background::Background, bucket::Bucket, rows};
use litestream_core::replica::Level;
use rusqlite::Connection;

/// Nothing is noticed by the clock within the time of a test.
const NEVER: Duration = Duration::from_secs(600);

/// Set in a process whose user may have no inotify instance.
#[cfg(target_os = "linux")]
const HINTLESS: &str = "LITESTREAM_TEST_HINTLESS";

async fn start(sync_interval: Duration) -> (Fixture, Connection, Bucket, App) {
    start_with_monitor(NEVER, sync_interval).await
}

async fn start_with_monitor(interval: Duration, sync_interval: Duration) -> (Fixture, Connection, Bucket, App) {
    let mut fixture = Fixture::new(4096);
    fixture.config.monitor_interval = interval;
    fixture.config.replica.sync_interval = sync_interval;
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    let bucket = Bucket::new();
    let running = fixture.start_with(bucket.replica());
    running.until("replicating", |listed| listed.replicated_txid > 0 && listed.lag_txids == 0).await;
    (fixture, app, bucket, running)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_first_commit_after_quiet_is_uploaded_at_once() {
    let (_fixture, app, _bucket, running) = start(Duration::from_millis(200)).await;
    let mut slowest = Duration::ZERO;
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let before = running.listed().await.replicated_txid;
        let committed = Instant::now();
        rows(&app, "t", 1);
        running.until("uploaded", |listed| listed.replicated_txid > before).await;
        slowest = slowest.max(committed.elapsed());
    }
    println!("slowest: {slowest:?}");
    // However busy the machine: a poll would take minutes.
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn under_load_commits_are_batched_and_uploads_spaced() {
    let (fixture, _app, bucket, running) = start(Duration::from_millis(400)).await;
    let before = bucket.files(Level::L0).len();
    let writer = fixture.app();
    let writer = Background::start(move |done| {
        let mut commits = 0;
        while !done.load(std::sync::atomic::Ordering::Relaxed) {
            rows(&writer, "t", 1);
            commits += 1;
            std::thread::sleep(Duration::from_millis(2));
        }
        commits
    });
    let started = Instant::now();
    tokio::time::sleep(Duration::from_secs(4)).await;
    let (files, commits) = (bucket.files(Level::L0).len() - before, writer.end());
    let most = started.elapsed().as_millis() as usize / 400 + 2;
    println!("{commits} commits in {files} files");
    assert!(files >= 3 && files <= most, "{commits} commits in {files} files; {most} at most");
    running.stop().await;
}

/// Frames are written long before their commit when a transaction outgrows SQLite's cache.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_transaction_that_writes_long_before_it_commits_is_noticed() {
    let (_fixture, app, _bucket, running) = start(Duration::from_millis(10)).await;
    app.execute_batch("PRAGMA cache_size = 5; BEGIN IMMEDIATE").unwrap();
    rows(&app, "t", 300);
    tokio::time::sleep(Duration::from_millis(700)).await;
    let before = running.listed().await.txid;
    let committed = Instant::now();
    app.execute_batch("COMMIT").unwrap();
    running.until("uploaded", |listed| listed.replicated_txid > before).await;
    assert!(committed.elapsed() < Duration::from_secs(10), "{:?}", committed.elapsed());
    running.stop().await;
}

/// By its lag in transactions and in seconds, at any time.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_lag_is_reported() {
    let (_fixture, app, bucket, running) = start(Duration::from_millis(10)).await;
    let quiet = running.listed().await;
    assert_eq!((quiet.lag_txids, quiet.lag_seconds), (0, 0.0));
    let fault = litestream_testkit::s3::Fault::new(litestream_testkit::s3::Effect::Status(403));
    let down = bucket.server.faults().add(fault);
    for _ in 0..3 {
        rows(&app, "t", 1);
        running.capture().await;
    }
    let behind = running.until("behind", |listed| listed.lag_txids == 3 && listed.lag_seconds > 0.2).await;
    assert_eq!(behind.txid, behind.replicated_txid + 3);
    bucket.server.faults().remove(down);
    running.sync().await;
    assert_eq!(running.listed().await.lag_txids, 0);
    running.stop().await;
}

/// Two databases without hints: commits to the one with a short interval are noticed several times before the other's.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn without_hints_the_monitor_interval_says_when_a_commit_is_noticed() {
    if std::env::var_os(HINTLESS).is_none() {
        return again_without_hints("wake::without_hints_the_monitor_interval_says_when_a_commit_is_noticed");
    }
    let (_eager, eager_app, _bucket, eager) =
        start_with_monitor(Duration::from_millis(20), Duration::from_millis(10)).await;
    let (_patient, patient_app, _other_bucket, patient) = start(Duration::from_millis(10)).await;
    let mut noticed = Vec::new();
    for _ in 0..2 {
        let before = patient.listed().await.txid;
        rows(&patient_app, "t", 1);
        for _ in 0..10 {
            let before = eager.listed().await.replicated_txid;
            rows(&eager_app, "t", 1);
            eager.until("noticed by the clock", |listed| listed.replicated_txid > before).await;
        }
        noticed.push(patient.listed().await.txid > before);
    }
    assert!(!noticed[1], "{noticed:?}; the first one may have come just before the look that ends a start");
    let before = patient.listed().await.txid;
    assert_eq!(patient.sync().await, before + 1, "a requested sync does not wait");
    eager.stop().await;
    patient.stop().await;
}

/// Runs a test of this binary once more, where the kernel gives no hints.
#[cfg(target_os = "linux")]
fn again_without_hints(test: &str) {
    let hintless = |then: &str| {
        let mut command = std::process::Command::new("unshare");
        let script = format!("echo 0 > /proc/sys/user/max_inotify_instances && {then}");
        command.args(["--user", "--map-root-user", "sh", "-c", &script]);
        command
    };
    if !hintless("true").status().is_ok_and(|status| status.success()) {
        return litestream_testkit::skip::skipped("hints cannot be taken away; it needs user namespaces");
    }
    let mut again = hintless("exec \"$0\" \"$@\"");
    again.arg(std::env::current_exe().unwrap()).args([test, "--exact", "--nocapture"]).env(HINTLESS, "1");
    let output = again.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    // No test of that name would be a success, too.
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}
