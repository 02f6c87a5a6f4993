//! Reclaims the disk space of a WAL beyond its limit. A WAL grows there while readers of the application overlap, or
//! one of them stays for long.
//!
//! A TRUNCATE checkpoint makes writers wait until every reader of old frames has gone. So it gives up after a timeout
//! that grows with the WAL, is retried after [`PAUSE`], and is not tried while one reader is known to stay (G9).
//! Commits may come before it begins, and are gone from the WAL when it ends. The wal-index counts commits: if there
//! were any, the page map finds their changes.

use std::time::{Duration, Instant};

use litestream_core::{Result, failpoint};
use ltx::{PageSize, Salt};

use super::schedule::Schedule;
use crate::{
    capture::{session::Session, write_lock},
    sqlite::wal::{FrameCount, WalIndex},
};

/// Longest wait of writers for a WAL that is just beyond its limit.
const LOCK_TIMEOUT: Duration = Duration::from_millis(250);

/// Longest wait of writers for a WAL many times beyond its limit; far less than an application's busy timeout, 5 s in
/// Rails.
const MAX_LOCK_TIMEOUT: Duration = Duration::from_secs(1);

/// Least time between two attempts.
const PAUSE: Duration = Duration::from_secs(10);

/// Decides when to truncate.
#[derive(Debug)]
pub struct Truncation {
    /// The limit of the WAL in frames; `u32::MAX`: none.
    frames: u32,
    last: Option<Attempt>,
}

#[derive(Debug)]
struct Attempt {
    at: Instant,
    /// The WAL's salt and the frames copied back at that time.
    reached: (Salt, FrameCount),
}

impl Truncation {
    pub fn new(frames: u32) -> Self {
        Truncation { frames, last: None }
    }

    /// `length`: size of the WAL file in bytes.
    fn is_due(&self, length: u64, page_size: PageSize, index: &WalIndex, now: Instant) -> bool {
        let too_long = self.frames < u32::MAX && length >= FrameCount(self.frames).end(page_size);
        too_long
            && self.last.as_ref().is_none_or(|last| {
                let somebody_stays = !index.is_backfilled() && last.reached == reached(index);
                now.duration_since(last.at) >= PAUSE && !somebody_stays
            })
    }

    /// Overlapping readers must each finish in less than half of this for the WAL to be emptied.
    fn lock_timeout(&self, length: u64, page_size: PageSize) -> Duration {
        let limit = FrameCount(self.frames).end(page_size);
        LOCK_TIMEOUT.mul_f64(length as f64 / limit as f64).min(MAX_LOCK_TIMEOUT)
    }
}

fn reached(index: &WalIndex) -> (Salt, FrameCount) {
    (index.salt, index.backfilled)
}

/// Truncates the WAL after a checkpoint if it is beyond its limit.
pub fn truncate_if_due(truncation: &mut Truncation, schedule: &mut Schedule, session: &mut Session) -> Result<()> {
    let database = &session.database;
    let (index, length, page_size) = (database.wal_index()?, database.wal_length()?, database.page_size());
    if !truncation.is_due(length, page_size, &index, Instant::now()) {
        return Ok(());
    }
    truncation.last = Some(Attempt { at: Instant::now(), reached: reached(&index) });
    let commits = {
        let Some(_writers_wait) = write_lock::take(database, &mut session.capture)? else { return Ok(()) };
        session.capture.tail(database)?;
        database.drop_read_lock()?;
        database.wal_index()?.commits
    };
    failpoint!("truncation: before");
    let truncated = database.truncate_wal(truncation.lock_timeout(length, page_size));
    failpoint!("truncation: after");
    database.take_read_lock()?;
    if !database.wal_index().is_ok_and(|now| now.commits == commits) {
        session.capture.lose(database, "commits slipped in before it was truncated");
    }
    let truncated = truncated?;
    if truncated {
        schedule.restarted();
    }
    tracing::info!(kind = "checkpoint", path = %database.path().display(), bytes = length, truncated, "long WAL");
    session.capture_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::sqlite::wal::WalChecksum;

    use super::*;

    fn index(backfilled: u32) -> WalIndex {
        WalIndex {
            salt: Salt(1, 2),
            frames: FrameCount(100),
            commit: 10,
            commits: 7,
            checksum: WalChecksum::default(),
            backfilled: FrameCount(backfilled),
        }
    }

    #[test]
    fn a_long_wal_is_truncated_but_not_while_one_reader_stays() {
        let (now, page_size) = (Instant::now(), PageSize::new(512).unwrap());
        let long = FrameCount(50).end(page_size);
        let mut truncation = Truncation::new(50);
        assert!(!truncation.is_due(long - 1, page_size, &index(40), now));
        assert!(truncation.is_due(long, page_size, &index(40), now));
        truncation.last = Some(Attempt { at: now, reached: reached(&index(40)) });
        assert!(!truncation.is_due(long, page_size, &index(60), now + PAUSE / 2));
        assert!(!truncation.is_due(long, page_size, &index(40), now + PAUSE), "the same reader");
        assert!(truncation.is_due(long, page_size, &index(60), now + PAUSE));
        assert!(truncation.is_due(long, page_size, &index(100), now + PAUSE), "all copied back");
        assert!(!Truncation::new(u32::MAX).is_due(u64::MAX, page_size, &index(40), now));
    }

    #[test]
    fn g9_the_longer_the_wal_the_longer_writers_may_wait_up_to_a_second() {
        let page_size = PageSize::new(512).unwrap();
        let timeout =
            |frames| Truncation::new(50).lock_timeout(FrameCount(frames).end(page_size), page_size).as_millis();
        assert_eq!([50, 5000].map(timeout), [250, 1000]);
        assert!((450..550).contains(&timeout(100)));
    }
}
