//! Which job of maintenance is due next. Times are those of the wall clock, aligned to each interval.

use litestream_core::{
    Error, Result,
    compact::{self, Compaction, compaction, condemned, next_condemned, next_slot},
    config::MaintenanceConfig,
    replica::{Level, ReplicaFile},
};
use ltx::Timestamp;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Job {
    /// The first whole database becomes the first snapshot.
    Base,
    Compact(Level),
    Snapshot,
    Retain,
}

/// What a job comes to.
pub enum Plan {
    Merge(Compaction),
    Delete(Vec<ReplicaFile>),
}

/// When each job was done last.
pub struct Agenda<'a> {
    config: &'a MaintenanceConfig,
    started: Timestamp,
    /// By level, from 1 up.
    levels: Vec<Timestamp>,
    retained: Timestamp,
}

impl<'a> Agenda<'a> {
    pub fn new(config: &'a MaintenanceConfig, now: Timestamp) -> Self {
        Agenda { config, started: now, levels: vec![now; config.levels.len()], retained: now }
    }

    /// The job that is due first, be it in the future. Of those due at once, lower levels come first.
    pub fn next(&self, files: &[ReplicaFile]) -> Result<Option<(Timestamp, Job)>> {
        let mut jobs = Vec::new();
        for (index, &last) in self.levels.iter().enumerate() {
            let slot = next_slot(last, self.config.levels[index]);
            let level = level(index);
            if index == 0 && compact::base(files).is_some() {
                jobs.push((slot, Job::Base));
            }
            match compaction(files, level) {
                Ok(Some(_)) => jobs.push((slot, Job::Compact(level))),
                Ok(None) => {}
                Err(gap) => return Err(broken(level, gap)),
            }
        }
        jobs.extend(self.snapshot(files).map(|due| (due, Job::Snapshot)));
        let first = next_condemned(files, self.config.retention).filter(|_| self.config.delete);
        jobs.extend(first.map(|due| (due.max(next_slot(self.retained, self.config.l0_check_interval)), Job::Retain)));
        // The first of equals.
        Ok(jobs.into_iter().reduce(|first, job| if job.0 < first.0 { job } else { first }))
    }

    /// `None` while the newest snapshot has everything.
    fn snapshot(&self, files: &[ReplicaFile]) -> Option<Timestamp> {
        let snapshots = || files.iter().filter(|file| file.level == Level::SNAPSHOT);
        let newest = files.iter().map(|file| file.txids.max()).max();
        if newest == snapshots().map(|file| file.txids.max()).max() {
            return None;
        }
        let last = snapshots().map(|file| file.created_at).max().unwrap_or(self.started);
        Some(next_slot(last, self.config.snapshot_interval))
    }

    pub fn done(&mut self, job: &Job, now: Timestamp) {
        match job {
            Job::Compact(level) => self.levels[usize::from(level.get()) - 1] = now,
            Job::Retain => self.retained = now,
            // What they leave in the replica says that they were done.
            Job::Base | Job::Snapshot => {}
        }
    }
}

impl Job {
    /// As events name it.
    pub fn name(&self) -> &'static str {
        match self {
            Job::Base | Job::Snapshot => "snapshot",
            Job::Compact(_) => "compaction",
            Job::Retain => "retention",
        }
    }

    /// `files`: those that made it due.
    pub fn plan(&self, files: &[ReplicaFile], config: &MaintenanceConfig, now: Timestamp) -> Result<Plan> {
        let merge = match self {
            Job::Retain => return Ok(Plan::Delete(condemned(files, config.retention, now))),
            Job::Base => compact::base(files),
            Job::Compact(level) => compaction(files, *level).map_err(|gap| broken(*level, gap))?,
            Job::Snapshot => compact::snapshot(files)
                .map_err(|error| Error::Corrupt { what: "the replica".to_owned(), problem: error.to_string() })?,
        };
        merge.map(Plan::Merge).ok_or_else(|| Error::Internal(format!("{self:?} was due without anything to do")))
    }
}

fn level(index: usize) -> Level {
    u8::try_from(index + 1).ok().and_then(Level::new).expect("BUG: more levels than the configuration admits")
}

/// A gap is damage: nothing can be merged across it.
fn broken(level: Level, gap: compact::Gap) -> Error {
    let problem = format!("TXIDs {} are missing, so that level {level} cannot be made", gap.missing);
    Error::Corrupt { what: "the replica".to_owned(), problem }
}
