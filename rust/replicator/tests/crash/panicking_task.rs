//! Supervision: a task of a real process that panics is seen at once, and starts again.

use std::{
    fs,
    time::{Duration, Instant},
};

use crate::support::{
    executable::{Executable, Setup},
    rows,
};
use litestream_core::control::ListedDatabase;
use serde_json::json;

const NAME: &str = "app.sqlite3";

/// Less than any time limit of a request.
const AT_ONCE: Duration = Duration::from_secs(5);

/// Several pauses before a restart, and a sample of the lag.
const TIMEOUT: Duration = Duration::from_secs(40);

fn has_failed(listed: &ListedDatabase) -> bool {
    listed.status == "failed"
}

fn is_replicating(listed: &ListedDatabase) -> bool {
    listed.status == "replicating" && listed.lag_txids == 0 && listed.lag_seconds == 0.0
}

async fn assert_refused_at_once(running: &Executable<'_>) {
    let asked = Instant::now();
    let refused = running.sync(NAME).await.unwrap_err().to_string();
    assert!(asked.elapsed() < AT_ONCE && refused.contains("replication panicked"), "{refused}");
}

#[tokio::test]
async fn a_task_that_panics_is_failed_until_it_replicates_again() {
    // On the task itself, on a thread of it, and beside it.
    for place in ["task: capture of app.sqlite3", "stage: before the rename", "task: upload of app.sqlite3"] {
        let mut setup = Setup::new();
        let app = setup.database(NAME, json!({}));
        let running = setup.start(place);
        let before = running.first_sync(NAME).await;

        fs::write(setup.trigger(), "").unwrap();
        rows(&app, "t", 1);
        // What is committed waits.
        let failed = running.until(NAME, "failed", |listed| has_failed(listed) && listed.lag_seconds > 0.0).await;
        let error = failed.error.unwrap();
        let expected = format!("replication panicked: LITESTREAM_PANIC_AT names {place}");
        assert!(error.contains(&expected) && failed.error_code.as_deref() == Some("internal"), "{error}");
        let told = running.telemetry(NAME).await;
        assert_eq!((told.phase.as_str(), told.task_error), ("failed", Some(error)), "{place}");
        running.until_logged("replication failed; it is started again in").await;
        let log = setup.log();
        assert!(log.contains(&expected) && log.contains(setup.path(NAME).to_str().unwrap()), "{log}");
        assert_refused_at_once(&running).await;
        assert!(setup.run("status").contains("failed"));

        fs::remove_file(setup.trigger()).unwrap();
        let up = running.until(NAME, "replicating", is_replicating).await;
        assert!(up.replicated_txid > before && up.error.is_none(), "{place}: {up:?}");
        rows(&app, "t", 1);
        running.sync(NAME).await.unwrap();
        assert!(running.telemetry(NAME).await.task_error.is_none());
        assert!(running.stop().success(), "{place}");
        assert_eq!(setup.restored_rows(NAME), 2, "{place}");
    }
}

#[tokio::test]
async fn a_task_that_panics_for_ever_stays_failed_and_other_databases_go_on() {
    let mut setup = Setup::new();
    let (app, other) = (setup.database(NAME, json!({})), setup.database("other.sqlite3", json!({})));
    let running = setup.start("task: capture of app.sqlite3");
    running.first_sync(NAME).await;
    running.first_sync("other.sqlite3").await;
    fs::write(setup.trigger(), "").unwrap();
    rows(&app, "t", 1);
    running.until(NAME, "failed", has_failed).await;
    let failures = || setup.log().matches("replication failed").count();
    let began = Instant::now();
    while failures() < 3 {
        assert!(began.elapsed() < TIMEOUT, "{}", setup.log());
        rows(&other, "t", 1);
        let txid = running.sync("other.sqlite3").await.unwrap();
        let listed = running.until("other.sqlite3", "replicated", |listed| listed.replicated_txid >= txid).await;
        assert_eq!(listed.status, "replicating");
        assert_refused_at_once(&running).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    running.until(NAME, "failed", has_failed).await;
    let status = running.stop();
    assert_eq!(status.code(), Some(1), "one database had no last sync");
    assert!(setup.log().contains("ended without a last sync"), "{}", setup.log());
}

#[tokio::test]
async fn a_request_whose_task_panics_is_answered_with_the_panic() {
    let mut setup = Setup::new();
    setup.database(NAME, json!({}));
    let running = setup.start("reading: before some pages");
    running.first_sync(NAME).await;
    fs::write(setup.trigger(), "").unwrap();
    let asked = Instant::now();
    let refused = running.proof(NAME).await.unwrap_err().to_string();
    assert!(asked.elapsed() < AT_ONCE && refused.contains("replication panicked"), "{refused}");
    fs::remove_file(setup.trigger()).unwrap();
    running.until(NAME, "replicating", is_replicating).await;
    running.proof(NAME).await.unwrap();
}

#[tokio::test]
async fn maintenance_that_panics_is_failed_and_stops_no_upload() {
    let mut setup = Setup::new();
    setup.global = json!({ "levels": [{ "interval": "500ms" }] });
    let app = setup.database(NAME, json!({}));
    let running = setup.start("task: maintenance of app.sqlite3");
    running.first_sync(NAME).await;
    fs::write(setup.trigger(), "").unwrap();
    rows(&app, "t", 1);
    let failed = running.until(NAME, "failed", has_failed).await;
    assert!(failed.error.unwrap().contains("maintenance of the replica panicked"));
    for _ in 0..3 {
        rows(&app, "t", 1);
        running.sync(NAME).await.unwrap();
    }
    assert_eq!(running.telemetry(NAME).await.phase, "replicating");
    let asked = Instant::now();
    let refused = running.snapshot(NAME).await.unwrap_err().to_string();
    assert!(asked.elapsed() < AT_ONCE && refused.contains("maintenance of the replica panicked"), "{refused}");

    fs::remove_file(setup.trigger()).unwrap();
    running.until(NAME, "replicating", is_replicating).await;
    running.snapshot(NAME).await.unwrap();
    assert!(running.stop().success());
    assert_eq!(setup.restored_rows(NAME), 4);
}

#[tokio::test]
async fn a_panic_in_the_last_sync_is_no_clean_end_and_loses_nothing() {
    let mut setup = Setup::new();
    // Only the last sync captures what comes after the first.
    let replica = json!({ "type": "file", "path": setup.path("replica").join(NAME), "sync-interval": "1h" });
    let app = setup.database_at(NAME, replica, json!({ "monitor-interval": "1h" }));
    let running = setup.start("stage: before the rename");
    running.first_sync(NAME).await;
    fs::write(setup.trigger(), "").unwrap();
    rows(&app, "t", 1);
    let status = running.stop();
    assert_eq!(status.code(), Some(1), "{}", setup.log());
    assert!(setup.log().contains("Error: internal error: replication panicked"), "{}", setup.log());

    fs::remove_file(setup.trigger()).unwrap();
    assert_eq!(setup.restored_rows(NAME), 0);
    let next = setup.start("stage: before the rename");
    next.first_sync(NAME).await;
    assert!(next.stop().success());
    assert_eq!(setup.restored_rows(NAME), 1);
}

#[tokio::test]
async fn commits_are_replicated_while_no_hint_of_a_write_is_delivered() {
    let mut setup = Setup::new();
    let app = setup.database(NAME, json!({}));
    let running = setup.start("task: delivery of hints");
    running.first_sync(NAME).await;
    fs::write(setup.trigger(), "").unwrap();
    let began = Instant::now();
    while !setup.log().contains("delivery of the kernel's hints of writes failed") {
        assert!(began.elapsed() < TIMEOUT, "{}", setup.log());
        rows(&app, "t", 1);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let txid = running.until(NAME, "replicated", is_replicating).await.txid;
    rows(&app, "t", 1);
    running.until(NAME, "replicated", |listed| listed.replicated_txid > txid).await;
    fs::remove_file(setup.trigger()).unwrap();
    assert!(running.stop().success());
}

#[tokio::test]
async fn the_control_socket_and_the_sampling_of_the_lag_start_again() {
    let mut setup = Setup::new();
    setup.database(NAME, json!({}));
    let trigger = setup.trigger();
    let running = setup.start(&format!("task: connection:{},task: sample of the lag", trigger.display()));
    running.first_sync(NAME).await;
    let samples = running.telemetry(NAME).await.lag.seconds.len();
    fs::write(&trigger, "").unwrap();
    // The one that it accepts is served.
    let pid = running.client.info().await.unwrap().pid;
    running.until_logged("the control socket failed").await;
    running.until_logged("sampling of the lag failed").await;
    fs::remove_file(&trigger).unwrap();
    assert_eq!(running.client.info().await.unwrap().pid, pid);
    let began = Instant::now();
    while running.telemetry(NAME).await.lag.seconds.len() <= samples {
        assert!(began.elapsed() < TIMEOUT, "no sample");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(running.stop().success());
}

#[tokio::test]
async fn a_request_that_panics_is_answered_and_ends_nothing_else() {
    let mut setup = Setup::new();
    setup.database(NAME, json!({}));
    let running = setup.start("task: answer");
    running.first_sync(NAME).await;
    fs::write(setup.trigger(), "").unwrap();
    let refused = running.client.info().await.unwrap_err().to_string();
    assert!(refused.contains("GET /info panicked"), "{refused}");
    fs::remove_file(setup.trigger()).unwrap();
    running.client.info().await.unwrap();
    assert!(running.stop().success());
}
