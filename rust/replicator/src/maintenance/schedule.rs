//! Which job of maintenance is due next. Times are those of the wall clock, aligned to each interval.

use std::time::Duration;

use litestream_core::{
    Error, Result,
    backoff::Backoff,
    config::MaintenanceConfig,
    replica::{Level, ReplicaFile},
    restore,
};
use ltx::Timestamp;

use crate::maintenance::compaction::{self, Compaction, compaction, condemned, next_condemned, next_slot};

/// How long what failed is put off.
pub const FIRST_PAUSE: Duration = Duration::from_secs(1);
pub const LONGEST_PAUSE: Duration = Duration::from_secs(300);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Job {
    /// The first whole database becomes the first snapshot.
    Base,
    Compact(Level),
    Snapshot,
    Retain,
}

/// The work of a due job.
pub enum JobPlan {
    Merge(Compaction),
    Delete(Vec<ReplicaFile>),
}

/// When each job was done last.
pub struct JobSchedule<'a> {
    config: &'a MaintenanceConfig,
    started: Timestamp,
    /// By level, from 1 up.
    levels: Vec<Timestamp>,
    snapshotted: Option<Timestamp>,
    retained: Timestamp,
    put_off: Vec<PutOff>,
    under_way: Option<Job>,
}

/// A job that failed, and until when the others come first.
struct PutOff {
    job: Job,
    until: Timestamp,
    backoff: Backoff,
}

impl<'a> JobSchedule<'a> {
    pub fn new(config: &'a MaintenanceConfig, now: Timestamp) -> Self {
        let levels = vec![now; config.levels.len()];
        JobSchedule {
            config,
            started: now,
            levels,
            snapshotted: None,
            retained: now,
            put_off: Vec::new(),
            under_way: None,
        }
    }

    /// The job that is due first, be it in the future. Of those due at once, lower levels come first. What failed and
    /// has nothing to do any more is forgotten.
    pub fn next(&mut self, files: &[ReplicaFile]) -> Option<(Timestamp, Job)> {
        let mut jobs = self.jobs(files);
        // Asked only of one that failed, or would be next.
        let is_there = |job: Job| job != Job::Snapshot || has_snapshot(files);
        self.put_off.retain(|late| jobs.iter().any(|(_, job)| *job == late.job) && is_there(late.job));
        for (due, job) in &mut jobs {
            let late = self.put_off.iter().find(|late| late.job == *job);
            *due = late.map_or(*due, |late| late.until.max(*due));
        }
        jobs.sort_by_key(|&(due, _)| due);
        jobs.into_iter().find(|&(_, job)| is_there(job))
    }

    /// Everything that there is to do, and when. A snapshot may have nothing new: to know takes a plan of every level.
    fn jobs(&self, files: &[ReplicaFile]) -> Vec<(Timestamp, Job)> {
        let mut jobs = Vec::new();
        for (index, &last) in self.levels.iter().enumerate() {
            let slot = next_slot(last, self.config.levels[index]);
            let level = level(index);
            if index == 0 && compaction::base(files).is_some() {
                jobs.push((slot, Job::Base));
            }
            match compaction(files, level) {
                Ok(Some(_)) => jobs.push((slot, Job::Compact(level))),
                Ok(None) => {}
                // The other levels lead around it: a snapshot spans it.
                Err(_) if restore::missing(files).is_none() => jobs.push((self.started, Job::Snapshot)),
                // It is still on its way, or will be healed.
                Err(_) => {}
            }
        }
        jobs.push((self.snapshot_slot(files), Job::Snapshot));
        let first = next_condemned(files, self.config.retention);
        jobs.extend(first.map(|due| (due.max(next_slot(self.retained, self.config.l0_check_interval)), Job::Retain)));
        jobs
    }

    fn snapshot_slot(&self, files: &[ReplicaFile]) -> Timestamp {
        let snapshots = files.iter().filter(|file| file.level == Level::SNAPSHOT);
        // Its own time is that of its newest transaction, before the slot in which it was made.
        let last = snapshots.map(|file| file.created_at).max().max(self.snapshotted).unwrap_or(self.started);
        next_slot(last, self.config.snapshot_interval)
    }

    /// The job is begun; [`Self::done`] or [`Self::put_off`] follows.
    pub fn begin(&mut self, job: Job) {
        self.under_way = Some(job);
    }

    /// The task ended early. The job that it was at is put off, so that the others go on.
    pub fn interrupted(&mut self, now: Timestamp) {
        if let Some(job) = self.under_way {
            self.put_off(job, now);
        }
    }

    /// It failed: for a while it is the others' turn.
    pub fn put_off(&mut self, job: Job, now: Timestamp) {
        self.under_way = None;
        let before = self.put_off.iter().position(|late| late.job == job).map(|at| self.put_off.swap_remove(at));
        let mut backoff = before.map_or_else(|| Backoff::new(FIRST_PAUSE, LONGEST_PAUSE), |late| late.backoff);
        let until = Timestamp::from_millis(now.millis() + backoff.pause().as_millis() as i64);
        self.put_off.push(PutOff { job, until, backoff });
    }

    /// True if the job failed since it was last done.
    pub fn has_failed(&self, job: Job) -> bool {
        self.put_off.iter().any(|late| late.job == job)
    }

    /// True if failed jobs are waiting.
    pub fn is_behind(&self) -> bool {
        !self.put_off.is_empty()
    }

    /// True if files of level 0 could not be merged.
    pub fn is_behind_with_level_1(&self) -> bool {
        self.put_off.iter().any(|late| matches!(late.job, Job::Compact(level) if level.get() == 1))
    }

    pub fn done(&mut self, job: &Job, now: Timestamp) {
        self.under_way = None;
        self.put_off.retain(|late| late.job != *job);
        match job {
            Job::Compact(level) => self.levels[usize::from(level.get()) - 1] = now,
            Job::Retain => self.retained = now,
            Job::Snapshot => self.snapshotted = Some(now),
            // Its files in the replica record it.
            Job::Base => {}
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
    pub fn plan(&self, files: &[ReplicaFile], config: &MaintenanceConfig, now: Timestamp) -> Result<JobPlan> {
        let merge = match self {
            Job::Retain => return Ok(JobPlan::Delete(condemned(files, config.retention, now))),
            Job::Base => compaction::base(files),
            Job::Compact(level) => compaction(files, *level).map_err(|gap| broken(*level, gap))?,
            Job::Snapshot => compaction::snapshot(files)
                .map_err(|error| Error::Corrupt { what: "the replica".to_owned(), problem: error.to_string() })?,
        };
        merge.map(JobPlan::Merge).ok_or_else(|| Error::Internal(format!("{self:?} was due without anything to do")))
    }
}

/// True if a snapshot would have something new.
fn has_snapshot(files: &[ReplicaFile]) -> bool {
    matches!(compaction::snapshot(files), Ok(Some(_)))
}

fn level(index: usize) -> Level {
    u8::try_from(index + 1).ok().and_then(Level::new).expect("BUG: more levels than the configuration admits")
}

/// A gap is damage: nothing can be merged across it.
fn broken(level: Level, gap: compaction::Gap) -> Error {
    let problem = format!("TXIDs {} are missing, so that level {level} cannot be made", gap.missing);
    Error::Corrupt { what: "the replica".to_owned(), problem }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn file(level: u8, min: u64, max: u64) -> ReplicaFile {
        ReplicaFile::listed(level, min, max, max as i64)
    }

    fn compact(level: u8) -> Job {
        Job::Compact(Level::new(level).unwrap())
    }

    #[test]
    fn a_job_that_fails_does_not_keep_the_others_from_their_turn() {
        let (config, start) = (MaintenanceConfig::default(), Timestamp::from_millis(0));
        let mut schedule = JobSchedule::new(&config, start);
        let files = [file(9, 1, 1), file(1, 2, 2), file(0, 3, 3)];
        let (due, first) = schedule.next(&files).unwrap();
        assert_eq!((due.millis(), first), (30_000, compact(1)));
        let mut now = Timestamp::from_millis(400_000);
        for _ in 0..12 {
            schedule.put_off(compact(1), now);
            now = schedule.put_off[0].until;
        }
        assert!(schedule.is_behind_with_level_1() && schedule.has_failed(compact(1)));
        assert_eq!(schedule.next(&files).unwrap(), (Timestamp::from_millis(300_000), compact(2)));
        schedule.done(&compact(1), now);
        assert!(!schedule.is_behind());
    }

    #[test]
    fn a_job_at_which_the_task_ended_early_is_put_off() {
        let (config, start) = (MaintenanceConfig::default(), Timestamp::from_millis(0));
        let mut schedule = JobSchedule::new(&config, start);
        schedule.begin(compact(1));
        schedule.interrupted(start);
        assert!(schedule.has_failed(compact(1)));
        schedule.done(&compact(1), start);
        schedule.begin(compact(2));
        schedule.done(&compact(2), start);
        schedule.interrupted(start);
        assert!(!schedule.is_behind());
    }

    #[test]
    fn a_failed_job_with_nothing_left_to_do_is_forgotten() {
        let (config, start) = (MaintenanceConfig::default(), Timestamp::from_millis(0));
        let mut schedule = JobSchedule::new(&config, start);
        schedule.put_off(compact(1), start);
        schedule.next(&[file(9, 1, 1), file(0, 2, 2)]);
        assert!(schedule.is_behind());
        schedule.next(&[file(9, 1, 1), file(0, 2, 2), file(1, 2, 2)]);
        assert!(!schedule.is_behind(), "another process did it, or a snapshot spans it");
    }

    #[test]
    fn a_gap_that_other_levels_lead_around_is_answered_with_a_snapshot() {
        let (config, start) = (MaintenanceConfig::default(), Timestamp::from_millis(7));
        let mut schedule = JobSchedule::new(&config, start);
        let around = [file(9, 1, 1), file(2, 2, 2), file(2, 5, 6), file(1, 2, 4), file(1, 5, 6), file(3, 2, 2)];
        assert_eq!(schedule.next(&around).unwrap(), (start, Job::Snapshot));
        let broken = [file(9, 1, 1), file(1, 2, 2), file(0, 5, 5)];
        assert_ne!(schedule.next(&broken).map(|(_, job)| job), Some(Job::Snapshot), "nothing spans it");
    }

    #[test]
    fn a_snapshot_is_not_made_again_in_its_own_slot() {
        let config = MaintenanceConfig::default();
        let day = 24 * 3600 * 1000;
        let mut schedule = JobSchedule::new(&config, Timestamp::from_millis(0));
        schedule.done(&Job::Snapshot, Timestamp::from_millis(day));
        let last = ReplicaFile { created_at: Timestamp::from_millis(day - 5), ..file(9, 1, 3) };
        assert_eq!(schedule.snapshot_slot(&[last, file(1, 4, 4)]).millis(), 2 * day);
    }
}
