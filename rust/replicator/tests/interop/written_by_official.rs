//! Official Litestream replicates, we restore.
//!
//! The application makes no checkpoints of its own here: where it does, official 0.5.17 may lose pages, in its own
//! restores too (`restarted_wal`).

use std::{
    thread,
    time::{Duration, Instant},
};

use litestream_testkit::{
    official::Target,
    random,
    workload::{Checkpoints, Options, Workload},
};
use serde_json::json;

use crate::support::{Engine, Site, Witness, at_txid, history};

/// Until every level has a file: the second takes 2 s at most.
const LEVELS_LIMIT: Duration = Duration::from_secs(20);
const HOUR: &str = "1h";

/// Compacts and takes snapshots every second or two.
fn busy_site() -> Site {
    let mut site = Site::new();
    site.settings = site
        .settings
        .global("levels", json!([{ "interval": "1s" }, { "interval": "2s" }]))
        .global("snapshot", json!({ "interval": "1s", "retention": HOUR }))
        .global("l0-retention", json!(HOUR));
    site
}

/// Works until levels 0, 1, 2 and 9 have files, then a little on, so that the newest states are on level 0 alone.
fn work(official: &Engine, site: &Site, app: &mut Workload) -> Witness {
    let running = official.replicate(site);
    let mut witness = Witness::default();
    let deadline = Instant::now() + LEVELS_LIMIT;
    while history::levels(site) != [0, 1, 2, 9].into() {
        assert!(Instant::now() < deadline, "levels {:?}; the log:\n{}", history::levels(site), running.log());
        app.run(2).unwrap();
        witness.look(&running, app);
        thread::sleep(Duration::from_millis(50));
    }
    for _ in 0..3 {
        app.run(2).unwrap();
        witness.look(&running, app);
    }
    app.run(2).unwrap();
    running.stop();
    witness
}

fn we_restore_replicas_of_official(version: &str, page_size: u32) {
    let (Some(official), Some(judge)) = (Engine::official(version), Engine::official("0.5.17")) else { return };
    let ours = Engine::ours();
    let site = busy_site();
    let options = Options { checkpoints: Checkpoints::None, ..Options::new(random::seed(), page_size) };
    let mut app = Workload::create(site.database(), options).unwrap();
    let witness = work(&official, &site, &mut app);
    ours.assert_restores(&site, &Target::Latest, &app.image().unwrap());
    for (txid, image) in witness.some(10) {
        let judged = judge.restore(&site, &at_txid(txid)).unwrap();
        // The snapshots of 0.5.9 may hold more than their TXID says, and no database that ever was. Our check finds that.
        let is_0_5_9 = version == "0.5.9";
        match ours.restore(&site, &at_txid(txid)) {
            Err(error) if is_0_5_9 && error.contains("restored database is corrupt") => continue,
            restored => restored.unwrap().assert_same(&judged, format!("TXID {txid} restored by us and by {judge}")),
        }
        if !is_0_5_9 {
            judged.assert_same(image, format!("TXID {txid} restored by {judge}"));
        }
    }
}

#[test]
fn g8_we_restore_replicas_of_official_0_5_17_with_pages_of_512_bytes() {
    we_restore_replicas_of_official("0.5.17", 512);
}

#[test]
fn g8_we_restore_replicas_of_official_0_5_17_with_pages_of_4096_bytes() {
    we_restore_replicas_of_official("0.5.17", 4096);
}

#[test]
fn g8_we_restore_replicas_of_official_0_5_17_with_pages_of_65536_bytes() {
    we_restore_replicas_of_official("0.5.17", 65_536);
}

#[test]
fn g8_we_restore_replicas_of_official_0_5_9_with_pages_of_512_bytes() {
    we_restore_replicas_of_official("0.5.9", 512);
}

#[test]
fn g8_we_restore_replicas_of_official_0_5_9_with_pages_of_4096_bytes() {
    we_restore_replicas_of_official("0.5.9", 4096);
}

#[test]
fn g8_we_restore_replicas_of_official_0_5_9_with_pages_of_65536_bytes() {
    we_restore_replicas_of_official("0.5.9", 65_536);
}
