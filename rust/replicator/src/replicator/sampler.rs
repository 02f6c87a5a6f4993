//! Samples the lag of every database, and gives memory back while nothing happens.

use std::sync::Arc;

use litestream_core::{Result, failpoint};
use tokio::time::sleep;

use super::set::ReplicatorSet;
use crate::{
    memory::{Quiet, give_back},
    server::replies::{listed, number},
    status::Status,
    supervise::Task,
    telemetry::SAMPLE_INTERVAL,
};

/// The task that samples until it is dropped.
pub(crate) struct Sampling(pub(crate) Arc<ReplicatorSet>);

impl Task for Sampling {
    fn name(&self) -> &'static str {
        "sampling of the lag"
    }

    async fn run(&mut self) -> Result<()> {
        let mut quiet = Quiet::default();
        loop {
            failpoint!("task: sample of the lag");
            take_samples(&self.0);
            if quiet.begins(activity(&self.0)) {
                give_back();
            }
            sleep(SAMPLE_INTERVAL).await;
        }
    }
}

fn take_samples(set: &ReplicatorSet) {
    for (path, handle) in set.databases() {
        let now = listed(path, &handle.status());
        // Lag that came and went since the last sample counts, too.
        let between = set.chronicle.take_longest_age(handle.location()).as_secs_f64();
        handle.lag().add(now.lag_seconds.max(between), now.lag_txids);
    }
}

/// Grows with every transaction captured or acknowledged.
fn activity(set: &ReplicatorSet) -> u64 {
    let of_one = |status: &Status| number(status.captured).wrapping_add(number(status.acknowledged));
    set.databases().map(|(_, handle)| of_one(&handle.status())).fold(0, u64::wrapping_add)
}
