//! A random application beside a replicator that is stopped, killed and started again at random: every transaction that
//! is still promised restores, by ours and by official Litestream, to the bytes that were recorded when it was made.
//!
//! Short in the test run, long by `bin/soak --minutes N`. The seed of a failure is printed; `LITESTREAM_SEED` replays it.
#![allow(clippy::unwrap_used)]

mod history;
mod life;
#[path = "../support/mod.rs"]
mod support;

use std::{
    env,
    time::{Duration, Instant},
};

use history::History;
use life::Life;
use support::{Fixture, random::Random, workload};

/// Steps between two judgements.
const CHAPTER: u32 = 25;

#[test]
fn replicator_process() {
    support::process::replicator_process();
}

#[tokio::test]
async fn whatever_happens_every_promised_transaction_restores_to_the_recorded_bytes() {
    let seconds = env::var("LITESTREAM_SOAK_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let deadline = Instant::now() + Duration::from_secs(seconds);
    let mut random = Random::seeded(4711);
    let mut judged = 0;
    while judged == 0 || Instant::now() < deadline {
        judged += story(&mut random, deadline).await;
    }
    println!("{judged} restores were compared");
}

/// One database from its creation, for a few chapters; how many restores were compared.
async fn story(random: &mut Random, deadline: Instant) -> usize {
    let page_size = [512, 1024, 4096, 4096, 65536][random.below(5) as usize];
    let mut fixture = Fixture::new(page_size);
    fixture.config.min_checkpoint_pages = 10 + random.below(200);
    if random.below(4) > 0 {
        fixture.config.maintenance = support::hasty();
    }
    let app = fixture.app();
    workload::prepare(&app);
    let mut history = History::default();
    let mut life = Life::begin(&fixture).await;
    let (mut judged, mut chapters) = (0, 0);
    while chapters < 6 && (chapters == 0 || Instant::now() < deadline) {
        for _ in 0..CHAPTER {
            life.step(&app, random, &mut history).await;
        }
        life.record(&mut history).await;
        judged += history.judge(&fixture, random, page_size).await;
        chapters += 1;
    }
    life.end(&mut history).await;
    judged + history.judge(&fixture, random, page_size).await
}
