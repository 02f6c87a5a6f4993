//! Official Litestream runs against the S3 server, in every version: it replicates a random workload
//! and restores it page by page. This proves the judge and the server, not our own replication.

use std::time::Duration;

use litestream_testkit::official::{Location, Official, Settings, Target, VERSIONS};
use litestream_testkit::random;
use litestream_testkit::s3::{Operation, Options as ServerOptions, S3Server};
use litestream_testkit::workload::{Checkpoints, Options, Workload, page_image};

#[test]
fn official_litestream_replicates_and_restores_through_the_server() {
    let seed = random::seed();
    for version in VERSIONS {
        let Some(official) = Official::find(version) else { return };
        let folder = tempfile::tempdir().expect("a folder");
        let server = S3Server::start(ServerOptions::with_bucket("bucket")).expect("a server");
        let settings = Settings::new(folder.path().join("db"), &Location::on(&server, "bucket", "some/path"));
        // 0.5 may lose pages where the application restarts the WAL while it begins or ends.
        let options = Options { checkpoints: Checkpoints::None, ..Options::new(seed, 4096) };
        let mut workload = Workload::create(folder.path().join("db"), options).expect("a database");
        let replication = official.replicate(&settings).expect("it starts");
        workload.run(30).expect("its steps");
        let begun = server.requests().wait_until(Duration::from_secs(20), |counts| {
            counts.get(&Operation::PutObject).is_some_and(|count| count.succeeded > 0)
        });
        assert!(begun, "{}", replication.log());
        workload.run(60).expect("its steps");
        // 0.3.13 may hang for ever if it is stopped in the middle of an upload.
        let requests = server.requests();
        assert!(requests.wait_until_quiet(Operation::PutObject, Duration::from_millis(500), Duration::from_secs(20)));
        replication.stop(Duration::from_secs(20)).expect("it ends after a last sync");

        let output = folder.path().join("restored");
        official.restore(&settings, &Target::Latest, &output).expect("it restores");
        let restored = page_image(&output).expect("its pages");
        workload.image().expect("its pages").assert_same(&restored, version);
        assert!(server.keys("bucket").iter().all(|key| key.starts_with("some/path/")));
    }
}
