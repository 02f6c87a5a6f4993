//! Samples the lag of every database, and answers the dashboard.

use std::{path::Path, sync::Arc, time::Duration};

use litestream_core::{
    Result,
    config::variables::process_variables,
    control::{DatabaseTelemetry, TelemetryReply},
    failpoint,
};
use ltx::Txid;
use tokio::time::sleep;

use super::{
    handle::Handle,
    set::{ReplicatorSet, listed},
};
use crate::{
    memory::{Quiet, give_back},
    server::Handler,
    status::{Phase, Status},
    supervise::Task,
    telemetry::{SAMPLE_INTERVAL, memory_bytes, restarts},
};

/// Takes samples of the lag of every database, and gives memory back where nothing happens.
pub struct Sampling(pub Arc<ReplicatorSet>);

impl Task for Sampling {
    fn name(&self) -> &'static str {
        "sampling of the lag"
    }

    async fn run(&mut self) -> Result<()> {
        let mut quiet = Quiet::default();
        loop {
            failpoint!("task: sample of the lag");
            self.0.take_samples();
            if quiet.begins(self.0.activity()) {
                give_back();
            }
            sleep(SAMPLE_INTERVAL).await;
        }
    }
}

impl ReplicatorSet {
    fn take_samples(&self) {
        for (path, handle) in self.databases() {
            let now = listed(path, &handle.status());
            // Lag that came and went since the last sample counts, too.
            let between = self.chronicle().take_longest_age(handle.location()).as_secs_f64();
            handle.lag().add(now.lag_seconds.max(between), now.lag_txids);
        }
    }

    /// Grows with every transaction captured or acknowledged.
    fn activity(&self) -> u64 {
        let number = |txid: Option<Txid>| txid.map_or(0, Txid::get);
        let of_one = |status: &Status| number(status.captured).wrapping_add(number(status.acknowledged));
        self.databases().map(|(_, handle)| of_one(&handle.status())).fold(0, u64::wrapping_add)
    }

    pub(crate) async fn telemetry_reply(&self) -> Result<TelemetryReply> {
        let of_database = |subject: &str| {
            let found =
                self.databases().find(|(path, handle)| *path == Path::new(subject) || handle.location() == subject);
            found.map(|(path, _)| path.to_string_lossy().into_owned())
        };
        Ok(TelemetryReply {
            info: self.info().await?,
            restarts: restarts(&process_variables()),
            memory_bytes: memory_bytes(),
            sample_seconds: Duration::as_secs(&SAMPLE_INTERVAL),
            databases: self.databases().map(|(path, handle)| self.database(path, handle)).collect(),
            events: self.chronicle().events(of_database),
        })
    }

    fn database(&self, path: &Path, handle: &Handle) -> DatabaseTelemetry {
        let status = handle.status();
        let text = |problem: &Option<_>| problem.as_ref().map(|error: &Arc<litestream_core::Error>| error.to_string());
        DatabaseTelemetry {
            listed: listed(path, &status),
            phase: phase(&status).to_owned(),
            task_error: text(&status.failure()),
            capture_error: text(&status.capture_problem),
            upload_error: text(&status.upload_problem),
            maintenance_error: text(&status.maintenance_problem),
            lag: handle.lag().samples(),
            counters: self.chronicle().counters(handle.location()),
        }
    }
}

fn phase(status: &Status) -> &'static str {
    match status.phase {
        Phase::Starting => "starting",
        Phase::NoDatabase => "no_database",
        Phase::Replicating => "replicating",
        Phase::Failed => "failed",
        Phase::Stopped => "stopped",
    }
}
