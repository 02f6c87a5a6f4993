//! Decides when to checkpoint. Pure: frames and clock come from outside.

use std::time::{Duration, Instant};

/// The checkpoint schedule of one database.
#[derive(Debug)]
pub struct Schedule {
    interval: Duration,
    /// Frames in the WAL that justify a checkpoint.
    min_frames: u32,
    /// Equals `min_frames`, or more after a checkpoint that readers kept from restarting the WAL.
    threshold: u32,
    last: Instant,
}

impl Schedule {
    pub fn new(interval: Duration, min_frames: u32, now: Instant) -> Self {
        Schedule { interval, min_frames, threshold: min_frames, last: now }
    }

    /// `frames`: captured since the WAL's last restart. `has_commits`: anything but the checkpoint's own row was captured
    /// since the last checkpoint.
    pub fn is_due(&self, frames: u32, has_commits: bool, now: Instant) -> bool {
        let worth_it = frames >= self.threshold;
        let long_ago = has_commits && frames > 1 && now.duration_since(self.last) >= self.interval;
        worth_it || long_ago
    }

    /// Time until a checkpoint is due if nothing more is captured; `None`: never.
    pub fn due_in(&self, frames: u32, has_commits: bool, now: Instant) -> Option<Duration> {
        if self.is_due(frames, has_commits, now) {
            return Some(Duration::ZERO);
        }
        let waits = has_commits && frames > 1;
        waits.then(|| self.interval.saturating_sub(now.duration_since(self.last)))
    }

    /// Records a checkpoint that left `frames` in the WAL.
    pub fn done(&mut self, frames: u32, now: Instant) {
        let restarted = frames < self.min_frames;
        self.threshold = if restarted { self.min_frames } else { frames.saturating_add(self.min_frames) };
        self.last = now;
    }

    /// Resets the threshold: no reader blocks a restart any more.
    pub fn restarted(&mut self) {
        self.threshold = self.min_frames;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn an_idle_database_is_left_alone() {
        let start = Instant::now();
        let mut schedule = Schedule::new(MINUTE, 1000, start);
        assert!(!schedule.is_due(999, false, start + 10 * MINUTE));
        assert!(!schedule.is_due(999, true, start + MINUTE / 2));
        assert!(schedule.is_due(999, true, start + MINUTE));
        assert_eq!(schedule.due_in(999, true, start + MINUTE / 4), Some(3 * MINUTE / 4));
        assert!(!schedule.is_due(1, true, start + MINUTE), "nothing but the row of the last checkpoint");
        schedule.done(1, start + MINUTE);
        assert_eq!(schedule.due_in(2, false, start + MINUTE), None);
        assert!(!schedule.is_due(2, false, start + 10 * MINUTE));
    }

    #[test]
    fn a_long_wal_is_checkpointed_at_once_and_again_only_when_it_grew() {
        let start = Instant::now();
        let mut schedule = Schedule::new(MINUTE, 1000, start);
        assert!(schedule.is_due(1000, false, start));
        schedule.done(1400, start);
        let is_due = |schedule: &Schedule, frames| schedule.is_due(frames, false, start);
        assert!(!is_due(&schedule, 2399) && is_due(&schedule, 2400), "a reader stood in the way");
        schedule.done(2, start);
        assert!(is_due(&schedule, 1000), "the WAL was restarted");
    }
}
