//! The application never rests while we replicate: every TXID must still restore to a state that it had, in the order in
//! which it had them.

use std::{
    thread,
    time::{Duration, Instant},
};

use litestream_testkit::{
    random,
    workload::{Checkpoints, Options, Workload},
};
use rusqlite::Connection;

use crate::support::{Engine, Site, at_txid, content::fingerprint, history};

const WORK: Duration = Duration::from_secs(2);
/// Restores by each engine, at most.
const RESTORES: u64 = 20;

/// Works for a while; every state that the application had.
fn work(mut app: Workload) -> Vec<u64> {
    let began = Instant::now();
    let mut states = vec![fingerprint(app.connection()).unwrap()];
    while began.elapsed() < WORK {
        app.step().unwrap();
        states.push(fingerprint(app.connection()).unwrap());
    }
    states
}

fn every_txid_is_a_state_that_the_application_had(page_size: u32) {
    let Some(official) = Engine::official("0.5.17") else { return };
    let ours = Engine::ours();
    let site = Site::new();
    let options = Options { checkpoints: Checkpoints::Any, ..Options::new(random::seed(), page_size) };
    let app = Workload::create(site.database(), options).unwrap();
    let running = ours.replicate(&site);
    let worker = thread::spawn(|| work(app));
    while !worker.is_finished() {
        ours.verify(&site).unwrap();
    }
    let states = worker.join().unwrap();
    running.stop();

    let increments = history::increments(&site);
    let newest = increments.len() as u64;
    history::assert_no_gap(&site, newest);
    println!("{} states of the application in {newest} TXIDs", states.len());
    let mut position = 0;
    for number in 1..=RESTORES.min(newest) {
        let txid = number * newest / RESTORES.min(newest);
        let state = state_at(&ours, &site, txid);
        let found = states[position..].iter().position(|&seen| seen == state);
        position += found.unwrap_or_else(|| panic!("TXID {txid}: no state after number {position} of {states:x?}"));
        assert_eq!(state_at(&official, &site, txid), state, "TXID {txid} restored by {official}");
    }
    assert_eq!(states[position], states[states.len() - 1], "the last TXID is the last state");
}

fn state_at(engine: &Engine, site: &Site, txid: u64) -> u64 {
    let copy = site.copy();
    engine.restore_to(site, &at_txid(txid), &copy).unwrap();
    let restored = Connection::open(copy).unwrap();
    let check: String = restored.pragma_query_value(None, "integrity_check", |row| row.get(0)).unwrap();
    assert_eq!(check, "ok", "TXID {txid} restored by {engine}");
    fingerprint(&restored).unwrap()
}

#[test]
fn g8_every_txid_written_under_load_is_a_state_of_the_application_with_pages_of_512_bytes() {
    every_txid_is_a_state_that_the_application_had(512);
}

#[test]
fn g8_every_txid_written_under_load_is_a_state_of_the_application_with_pages_of_4096_bytes() {
    every_txid_is_a_state_that_the_application_had(4096);
}
