//! A start that cannot finish, since the store does not answer: what is committed meanwhile counts as lag, and what
//! cannot be known is unknown.

use std::time::{Duration, Instant};

use crate::support::{
    executable::{Executable, Setup},
    rows,
};
use litestream_core::control::ListedDatabase;
use litestream_testkit::s3::{Effect, Fault, Operation, Options, S3Server};
use rusqlite::Connection;
use serde_json::{Value, json};

const NAME: &str = "app.sqlite3";

/// Time in which a lag that is there is seen.
const LOOK: Duration = Duration::from_millis(1500);

/// A database that is replicated to a server which answers listings only on request.
struct Story {
    setup: Setup,
    server: S3Server,
    app: Connection,
}

impl Story {
    fn begin() -> Self {
        let server = S3Server::start(Options::with_bucket("bucket")).unwrap();
        let mut setup = Setup::new();
        let app = setup.database_at(NAME, replica(&server), json!({}));
        Story { setup, server, app }
    }

    /// The store hangs: every listing waits for an hour.
    fn hang(&self) {
        for operation in [Operation::ListObjects, Operation::ListObjectsV2] {
            self.server.faults().add(Fault::on(operation, Effect::DelayMilliseconds(3_600_000)));
        }
    }

    async fn start(&self) -> Executable<'_> {
        let running = self.setup.start("");
        running.until(NAME, "listed", |_| true).await;
        running
    }

    async fn replicate_and_stop(&self) {
        let running = self.start().await;
        running.first_sync(NAME).await;
        assert!(running.stop().success());
    }
}

fn replica(server: &S3Server) -> Value {
    json!({
        "type": "s3", "endpoint": server.endpoint(), "bucket": "bucket", "path": "db", "region": "us-east-1",
        "force-path-style": true, "access-key-id": server.access_key_id(), "secret-access-key": server.secret_access_key(),
    })
}

fn assert_starting(listed: &ListedDatabase) {
    assert_eq!((listed.status.as_str(), listed.position_known), ("starting", false), "{listed:?}");
}

/// What is listed after a while: the lag.
async fn lag_after_a_look(running: &Executable<'_>) -> f64 {
    tokio::time::sleep(LOOK).await;
    let listed = running.until(NAME, "listed", |_| true).await;
    assert_starting(&listed);
    listed.lag_seconds
}

#[tokio::test]
async fn commits_during_a_start_that_hangs_count_from_the_first() {
    let story = Story::begin();
    story.replicate_and_stop().await;
    story.hang();
    let running = story.start().await;
    assert_eq!(lag_after_a_look(&running).await, 0.0, "everything was captured before");
    let told = running.telemetry(NAME).await;
    assert_eq!((told.phase.as_str(), told.listed.position_known), ("starting", false));
    let table = story.setup.run("list");
    assert!(table.contains("starting") && table.matches("unknown").count() == 2, "{table}");

    let committed = Instant::now();
    rows(&story.app, "t", 1);
    let lag = lag_after_a_look(&running).await;
    rows(&story.app, "t", 1);
    assert!(lag >= LOOK.as_secs_f64() / 2.0, "{lag}");
    let status = story.setup.run("status");
    assert!(status.contains("unknown ("), "{status}");
    let later = lag_after_a_look(&running).await;
    let most = (committed.elapsed() + Duration::from_secs(1)).as_secs_f64();
    assert!(later >= lag + LOOK.as_secs_f64() / 2.0 && later <= most, "{lag}, then {later} of {most}");
}

#[tokio::test]
async fn commits_from_before_a_start_that_hangs_count_from_its_beginning() {
    let story = Story::begin();
    story.replicate_and_stop().await;
    rows(&story.app, "t", 1);
    tokio::time::sleep(LOOK).await;
    story.hang();
    let began = Instant::now();
    let running = story.start().await;
    let lag = lag_after_a_look(&running).await;
    assert!(lag > 0.0 && lag <= began.elapsed().as_secs_f64(), "{lag}");
    // The WAL goes with the last connection, and takes with it what would tell.
    drop(running);
    let Story { setup, server, app } = story;
    drop(app);
    let story = Story { app: Connection::open_in_memory().unwrap(), setup, server };
    assert!(lag_after_a_look(&story.start().await).await > 0.0);
}

#[tokio::test]
async fn a_database_that_was_never_captured_counts_from_the_start_until_it_is() {
    let story = Story::begin();
    let fault = Fault::on(Operation::ListObjectsV2, Effect::DelayMilliseconds(4000)).times(1000);
    story.server.faults().add(fault);
    let running = story.start().await;
    assert!(lag_after_a_look(&running).await > 0.0);
    story.server.faults().clear();
    let done = |listed: &ListedDatabase| listed.status == "replicating" && listed.lag_seconds == 0.0;
    let up = running.until(NAME, "replicating", done).await;
    assert!(up.position_known && up.replicated_txid > 0, "{up:?}");
}
