//! A random application beside a replicator that is stopped, killed and started again at random, whose files are lost,
//! replaced and put back: every transaction that is still promised restores, by ours and by official Litestream, to the
//! bytes that were recorded when it was made.
//!
//! Short in the test run, long by `bin/soak --minutes N`. The seed of a failure is printed; `LITESTREAM_SEED` replays it.
#![allow(clippy::unwrap_used)]

mod disk;
mod history;
mod journal;
mod life;
#[path = "../support/mod.rs"]
mod support;
mod upkeep;

use std::{
    env,
    time::{Duration, Instant},
};

use history::History;
use journal::Journal;
use life::Life;
use litestream_testkit::random::{self, Random};
use support::Fixture;

/// Steps between two judgements, and judgements in the life of a database.
const CHAPTER: u32 = 25;
const CHAPTERS: u32 = 6;

#[tokio::test]
async fn every_promised_transaction_restores_to_the_recorded_bytes_after_any_event() {
    let seconds = env::var("LITESTREAM_SOAK_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(15);
    let deadline = Instant::now() + Duration::from_secs(seconds);
    let mut seed = random::seed_or(4711);
    let (mut judged, mut stories) = (0, 0);
    while stories == 0 || Instant::now() < deadline {
        judged += story(seed, deadline).await;
        stories += 1;
        // Each story has a seed of its own, so that a failure is replayed without the ones before it.
        seed = seed.wrapping_add(1);
    }
    println!("{judged} restores of {stories} databases were compared");
}

/// One database from its creation, for a few chapters; how many restores were compared.
async fn story(seed: u64, deadline: Instant) -> usize {
    let mut random = Random::new(seed);
    let page_size = [512, 1024, 4096, 4096, 65536][random.index(5)];
    let (mut fixture, app) = Fixture::with_workload(page_size, seed);
    fixture.config.min_checkpoint_pages = random.within(10..210) as u32;
    if random.chance(50) {
        fixture.config.truncate_pages = random.within(20..400) as u32;
    }
    if random.chance(75) {
        fixture.config.maintenance = support::hasty();
    }
    if random.chance(50) {
        fixture.config.queue.files = random.within(2..8) as usize;
    }
    let journal = Journal::new(seed, &fixture);
    let mut history = History::default();
    let mut life = Life::begin(&fixture, app, &journal).await;
    let (mut judged, mut chapters) = (0, 0);
    while chapters < CHAPTERS && (chapters == 0 || Instant::now() < deadline) {
        for _ in 0..CHAPTER {
            life.step(&mut random, &mut history).await;
        }
        life.record(&mut history).await;
        judged += history.judge(&fixture, &mut random, page_size).await;
        chapters += 1;
    }
    life.end(&mut history).await;
    judged + history.judge(&fixture, &mut random, page_size).await
}
