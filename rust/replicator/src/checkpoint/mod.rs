//! Copies the WAL back into the database file, so that the next writer restarts it and it stops growing.
//!
//! Two steps keep the wait of writers short (G9). First the read lock moves to the end of the WAL, and all frames before
//! it are copied while writers continue: the bulk, with its fsync. Then, under the write lock, the few newer frames are
//! captured, the read lock is dropped, and they are copied, too. Only PASSIVE checkpoints are used: the other kinds make
//! writers wait for readers. Only a WAL far beyond its limit justifies that ([`truncate`]).

mod schedule;
mod truncate;

use std::time::{Duration, Instant};

use litestream_core::{Result, config::DatabaseConfig, failpoint};

use self::{
    schedule::Schedule,
    truncate::{Truncation, truncate_if_due},
};
use crate::{
    capture::{
        session::{LockMove, Session},
        write_lock,
    },
    sqlite::wal::FrameCount,
};

/// Repetitions of the first step while the application commits much.
const BULK_ATTEMPTS: u32 = 3;

/// The checkpoints of one open database.
pub struct Checkpointer {
    schedule: Schedule,
    truncation: Truncation,
}

/// Result of the second step.
enum Rest {
    Done,
    /// Many frames are left: commits of the meantime, or frames that a reader keeps from being copied.
    Much,
    NotWhileBusy,
}

impl Checkpointer {
    pub fn new(config: &DatabaseConfig, now: Instant) -> Self {
        let schedule = Schedule::new(config.checkpoint_interval, config.min_checkpoint_pages, now);
        Checkpointer { schedule, truncation: Truncation::new(config.truncate_pages) }
    }

    pub fn is_due(&self, session: &Session) -> bool {
        self.schedule.is_due(frames(session), session.has_commits, Instant::now())
    }

    /// Time until a checkpoint is due if nothing more is captured; `None`: never.
    pub fn due_in(&self, session: &Session) -> Option<Duration> {
        self.schedule.due_in(frames(session), session.has_commits, Instant::now())
    }

    /// Checkpoints. Skipped if a writer keeps the write lock for the whole busy timeout.
    pub fn run(&mut self, session: &mut Session) -> Result<()> {
        let before = frames(session);
        for attempt in 1.. {
            if session.move_read_lock()? == LockMove::NotWhileBusy {
                return Ok(());
            }
            failpoint!("checkpoint: before the first");
            session.database.checkpoint()?;
            failpoint!("checkpoint: between the two");
            match copy_the_rest(session, attempt == BULK_ATTEMPTS)? {
                Rest::Done => break,
                Rest::Much => {}
                Rest::NotWhileBusy => return Ok(()),
            }
        }
        failpoint!("checkpoint: after the write lock");
        if session.move_read_lock()? == LockMove::NotWhileBusy {
            return Ok(());
        }
        self.schedule.done(frames(session), Instant::now());
        session.has_commits = false;
        session.capture.want_map();
        tracing::debug!(path = %session.database.path().display(), before, after = frames(session), "checkpoint");
        truncate_if_due(&mut self.truncation, &mut self.schedule, session)
    }
}

/// `even_much`: copy however many frames are left.
fn copy_the_rest(session: &mut Session, even_much: bool) -> Result<Rest> {
    let Some(_writers_wait) = write_lock::take(&session.database, &mut session.capture)? else {
        return Ok(Rest::NotWhileBusy);
    };
    let index = session.database.wal_index()?;
    let rest = FrameCount(index.frames.0.saturating_sub(index.backfilled.0));
    if !even_much && !write_lock::are_few(&session.database, rest) {
        return Ok(Rest::Much);
    }
    session.capture.tail(&session.database)?;
    session.database.drop_read_lock()?;
    failpoint!("checkpoint: without the read lock");
    let copied = session.database.checkpoint_behind_write_lock();
    failpoint!("checkpoint: after the second");
    session.database.take_read_lock()?;
    copied.map(|()| Rest::Done)
}

/// Frames captured since the WAL's last restart.
fn frames(session: &Session) -> u32 {
    session.capture.position().run.as_ref().map_or(0, |run| run.at.frames.0)
}
