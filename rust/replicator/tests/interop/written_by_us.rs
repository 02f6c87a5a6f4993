//! We replicate, official Litestream restores.

use litestream_testkit::{
    official::Target,
    random,
    workload::{Checkpoints, Options, Workload},
};

use crate::support::{Engine, Site, Witness, history};

const ROUNDS: usize = 30;

fn official_restores_our_replicas(page_size: u32) {
    let Some(official) = Engine::official("0.5.17") else { return };
    let ours = Engine::ours();
    let site = Site::new();
    let options = Options { checkpoints: Checkpoints::Any, ..Options::new(random::seed(), page_size) };
    let mut app = Workload::create(site.database(), options).unwrap();
    let running = ours.replicate(&site);
    let mut witness = Witness::default();
    for round in 0..ROUNDS {
        app.run(round as u64 % 4).unwrap();
        witness.look(&running, &mut app);
    }
    // The last sync of a clean stop includes commits without a requested sync.
    app.run(3).unwrap();
    running.stop();
    let latest = app.image().unwrap();

    history::assert_no_gap(&site, history::increments(&site).len() as u64);
    official.assert_restores(&site, &Target::Latest, &latest);
    witness.assert_restored_by(&official, &site, 12);
    ours.assert_restores(&site, &Target::Latest, &latest);
    witness.assert_restored_by(&ours, &site, ROUNDS);
}

#[test]
fn g8_official_restores_our_replicas_with_pages_of_512_bytes() {
    official_restores_our_replicas(512);
}

#[test]
fn g8_official_restores_our_replicas_with_pages_of_4096_bytes() {
    official_restores_our_replicas(4096);
}

#[test]
fn g8_official_restores_our_replicas_with_pages_of_65536_bytes() {
    official_restores_our_replicas(65_536);
}
