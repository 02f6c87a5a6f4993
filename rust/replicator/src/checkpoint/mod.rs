//! Copies the WAL back into the database file, so that the next writer restarts it and it stops growing.
//!
//! Two steps keep the wait of writers short (G9). First the read lock moves to the end of the WAL, and all frames
//! before it are copied while writers continue: the bulk, with its fsync. Then, under the write lock, the few newer
//! frames are captured, the read lock is dropped, and they are copied, too. Only PASSIVE checkpoints are used: the
//! other kinds make writers wait for readers. Only a WAL far beyond its limit justifies that ([`crate::checkpoint::truncate`]).

pub mod truncate;

use std::time::{Duration, Instant};

use litestream_core::{Result, failpoint, wal::FrameCount};

use crate::capture::{
    session::{LockMove, Session},
    write_lock,
};

/// Repetitions of the first step while the application commits much.
const BULK_ATTEMPTS: u32 = 3;

/// Decides when to checkpoint.
#[derive(Debug)]
pub struct Schedule {
    interval: Duration,
    /// Frames in the WAL that justify a checkpoint.
    min_frames: u32,
    /// Equals `min_frames`, or more after a checkpoint that readers kept from restarting the WAL.
    threshold: u32,
    last: Instant,
    /// True once anything but the checkpoint's own row was captured since the last checkpoint.
    dirty: bool,
}

impl Schedule {
    pub fn new(interval: Duration, min_frames: u32, now: Instant) -> Self {
        Schedule { interval, min_frames, threshold: min_frames, last: now, dirty: false }
    }

    pub fn captured(&mut self) {
        self.dirty = true;
    }

    /// `frames`: captured since the WAL's last restart.
    pub fn is_due(&self, frames: u32, now: Instant) -> bool {
        let worth_it = frames >= self.threshold;
        let long_ago = self.dirty && frames > 1 && now.duration_since(self.last) >= self.interval;
        worth_it || long_ago
    }

    /// Time until a checkpoint is due if nothing more is captured; `None`: never.
    pub fn due_in(&self, frames: u32, now: Instant) -> Option<Duration> {
        if self.is_due(frames, now) {
            return Some(Duration::ZERO);
        }
        let waits = self.dirty && frames > 1;
        waits.then(|| self.interval.saturating_sub(now.duration_since(self.last)))
    }

    fn done(&mut self, frames: u32, now: Instant) {
        let restarted = frames < self.min_frames;
        self.threshold = if restarted { self.min_frames } else { frames.saturating_add(self.min_frames) };
        self.last = now;
        self.dirty = false;
    }

    /// Resets the threshold: no reader blocks a restart any more.
    pub fn restarted(&mut self) {
        self.threshold = self.min_frames;
    }
}

/// Result of the second step.
enum Rest {
    Done,
    /// Many frames are left: commits of the meantime, or frames that a reader keeps from being copied.
    Much,
    NotWhileBusy,
}

impl Session {
    pub fn checkpoint_is_due(&self) -> bool {
        self.schedule.is_due(self.frames(), Instant::now())
    }

    /// Time until a checkpoint is due if nothing more is captured; `None`: never.
    pub fn checkpoint_due_in(&self) -> Option<Duration> {
        self.schedule.due_in(self.frames(), Instant::now())
    }

    /// Checkpoints. Skipped if a writer keeps the write lock for the whole busy timeout.
    pub fn checkpoint(&mut self) -> Result<()> {
        let before = self.frames();
        for attempt in 1.. {
            if self.move_read_lock()? == LockMove::NotWhileBusy {
                return Ok(());
            }
            failpoint!("checkpoint: before the first");
            self.database.checkpoint()?;
            failpoint!("checkpoint: between the two");
            match self.checkpoint_the_rest(attempt == BULK_ATTEMPTS)? {
                Rest::Done => break,
                Rest::Much => {}
                Rest::NotWhileBusy => return Ok(()),
            }
        }
        failpoint!("checkpoint: after the write lock");
        if self.move_read_lock()? == LockMove::NotWhileBusy {
            return Ok(());
        }
        self.schedule.done(self.frames(), Instant::now());
        self.capture.want_map();
        tracing::debug!(path = %self.database.path().display(), before, after = self.frames(), "checkpoint");
        self.truncate_if_due()
    }

    /// `even_much`: copy however many frames are left.
    fn checkpoint_the_rest(&mut self, even_much: bool) -> Result<Rest> {
        let Some(_writers_wait) = write_lock::take(&self.database, &mut self.capture)? else {
            return Ok(Rest::NotWhileBusy);
        };
        let index = self.database.wal_index()?;
        let rest = FrameCount(index.frames.0.saturating_sub(index.backfilled.0));
        if !even_much && !write_lock::are_few(&self.database, rest) {
            return Ok(Rest::Much);
        }
        self.capture.tail(&self.database)?;
        self.database.drop_read_lock()?;
        failpoint!("checkpoint: without the read lock");
        let copied = self.database.checkpoint_behind_write_lock();
        failpoint!("checkpoint: after the second");
        self.database.take_read_lock()?;
        copied.map(|()| Rest::Done)
    }

    /// Frames captured since the WAL's last restart.
    fn frames(&self) -> u32 {
        self.capture.position().run.as_ref().map_or(0, |run| run.at.frames.0)
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
        assert!(!schedule.is_due(999, start + 10 * MINUTE));
        schedule.captured();
        assert!(!schedule.is_due(999, start + MINUTE / 2));
        assert!(schedule.is_due(999, start + MINUTE));
        assert_eq!(schedule.due_in(999, start + MINUTE / 4), Some(3 * MINUTE / 4));
        assert!(!schedule.is_due(1, start + MINUTE), "nothing but the row of the last checkpoint");
        schedule.done(1, start + MINUTE);
        assert_eq!(schedule.due_in(2, start + MINUTE), None);
        assert!(!schedule.is_due(2, start + 10 * MINUTE));
    }

    #[test]
    fn a_long_wal_is_checkpointed_at_once_and_again_only_when_it_grew() {
        let start = Instant::now();
        let mut schedule = Schedule::new(MINUTE, 1000, start);
        assert!(schedule.is_due(1000, start));
        schedule.done(1400, start);
        assert!(!schedule.is_due(2399, start) && schedule.is_due(2400, start), "a reader stood in the way");
        schedule.done(2, start);
        assert!(schedule.is_due(1000, start), "the WAL was restarted");
    }
}
