//! The application's steps and the replicator's deaths.

use rusqlite::Connection;

use crate::{
    history::History,
    support::{Fixture, process::Process, random::Random, workload},
};

pub struct Life<'a> {
    fixture: &'a Fixture,
    /// `None` while the replicator is down.
    replicator: Option<Process>,
}

impl<'a> Life<'a> {
    pub async fn begin(fixture: &'a Fixture) -> Life<'a> {
        Life { fixture, replicator: Some(fixture.spawn().await) }
    }

    pub async fn step(&mut self, app: &Connection, random: &mut Random, history: &mut History) {
        match random.below(12) {
            0 => self.stop(),
            1 => self.kill(),
            2 | 3 => self.start().await,
            4..=6 => self.record(history).await,
            _ => workload::step(app, random),
        }
    }

    /// Notes what the database is at the transaction that was just acknowledged.
    pub async fn record(&mut self, history: &mut History) {
        self.start().await;
        let replicator = self.replicator.as_ref().unwrap();
        let (txid, image) = self.fixture.image_at_txid(async || replicator.sync().await).await;
        history.record(txid, image);
    }

    pub async fn end(mut self, history: &mut History) {
        self.record(history).await;
        self.stop();
    }

    async fn start(&mut self) {
        if self.replicator.is_none() {
            self.replicator = Some(self.fixture.spawn().await);
        }
    }

    fn stop(&mut self) {
        if let Some(replicator) = self.replicator.take() {
            replicator.stop();
        }
    }

    fn kill(&mut self) {
        if let Some(replicator) = self.replicator.take() {
            replicator.kill();
        }
    }
}
