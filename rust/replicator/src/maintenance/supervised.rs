//! Maintenance as a task of its own: its early end stops no capture and no upload.

use std::{path::Path, sync::Arc};

use litestream_core::{Error, Result, clock};

use super::{context::Context, schedule::JobSchedule, task};
use crate::supervise::Task;

/// The schedule outlives an early end, so that a job that panics is put off as one that fails.
pub struct MaintenanceTask<'a> {
    context: Context<'a>,
    schedule: JobSchedule<'a>,
}

impl<'a> MaintenanceTask<'a> {
    pub fn new(context: Context<'a>) -> Self {
        let schedule = JobSchedule::new(context.config, clock::now());
        MaintenanceTask { context, schedule }
    }
}

impl Task for MaintenanceTask<'_> {
    fn name(&self) -> &'static str {
        "maintenance of the replica"
    }

    fn database(&self) -> Option<&Path> {
        Some(self.context.database)
    }

    async fn run(&mut self) -> Result<()> {
        match task::run(&self.context, &mut self.schedule).await {}
    }

    fn failed(&mut self, problem: &Arc<Error>) {
        self.schedule.interrupted(clock::now());
        self.context.manifest.lock().doubt();
        // Nothing is kept in the stage for a merge that may never come.
        self.context.report_stuck_merging(true);
        self.context.status.send_modify(|status| status.maintenance_failure = Some(Arc::clone(problem)));
    }
}
