//! Files of level 0 that hold many transactions each: what waited for a store that was away.

use std::time::{Duration, Instant};

use litestream_testkit::{
    official::Target,
    random,
    s3::{Effect, Fault, Operation},
    workload::{Checkpoints, Options, Workload},
};
use serde_json::json;

use crate::support::{Engine, Site, Witness, history};

/// More than wait without being squashed.
const WAITING: usize = 300;

#[test]
fn g8_official_restores_compacts_and_takes_over_squashed_files() {
    let Some(official) = Engine::official("0.5.17") else { return };
    let ours = Engine::ours();
    let mut site = Site::new();
    let options = Options { checkpoints: Checkpoints::None, ..Options::new(random::seed(), 4096) };
    let mut app = Workload::create(site.database(), options).unwrap();
    app.run(10).unwrap();
    let running = ours.replicate(&site);
    running.sync();
    site.server.faults().add(Fault::on(Operation::PutObject, Effect::Status(403)));
    for _ in 0..WAITING {
        app.run(1).unwrap();
        running.capture();
    }
    site.server.faults().clear();
    running.sync();
    running.stop();
    let newest = history::ranges(&site, 0).last().unwrap().max();
    let squashed: Vec<_> = history::ranges(&site, 0).into_iter().filter(|txids| txids.min() < txids.max()).collect();
    println!("{squashed:?} of {newest}");
    assert!(!squashed.is_empty());
    let latest = app.image().unwrap();
    for engine in [&official, &ours] {
        engine.assert_restores(&site, &Target::Latest, &latest);
    }

    site.settings = site.settings.clone().global("levels", json!([{ "interval": "1s" }]));
    let running = official.replicate(&site);
    let mut witness = Witness::default();
    for _ in 0..3 {
        app.run(2).unwrap();
        witness.look(&running, &mut app);
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    while !history::ranges(&site, 1).iter().any(|txids| txids.max() > newest) {
        assert!(Instant::now() < deadline, "{:?}; its log:\n{}", history::ranges(&site, 1), running.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    running.stop();
    witness.assert_restored_by(&official, &site, 3);
    witness.assert_restored_by(&ours, &site, 3);
    for engine in [&official, &ours] {
        engine.assert_restores(&site, &Target::Latest, &app.image().unwrap());
    }
}
