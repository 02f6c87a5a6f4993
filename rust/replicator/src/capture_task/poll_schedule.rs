//! Schedules polls of the wal-index. Pure: file events and clock come from outside.
//!
//! A poll reads 136 bytes. It follows a file event at once. The event comes when a transaction begins to write its
//! frames, so the commit may not be there yet: polls repeat at growing distances, never later than about twice the
//! duration of the commit. A pause follows each capture, so that captures batch under load. Then polls repeat in the
//! same way, because one event may stand for two commits. Without events, polls continue at a long interval. Once polls
//! find commits that no event announced, events are no longer trusted.

use std::time::{Duration, Instant};

/// Pause before the second poll for a commit.
const FIRST_RECHECK: Duration = Duration::from_millis(2);

/// Least distance of polls during a transaction that causes one event after another.
const RECHECK_SPACING: Duration = Duration::from_millis(16);

/// Monitor intervals between unprompted polls while events are trusted.
const SAFETY_FACTOR: u32 = 30;

/// Unannounced commits until events are distrusted. One of them may have an event that is still on its way.
const MOST_MISSES: u32 = 3;

#[derive(Debug)]
pub struct PollSchedule {
    monitor_interval: Duration,
    /// Least time between captures.
    spacing: Duration,
    /// An event has announced a commit before.
    proven: bool,
    misses: u32,
    /// Pause before the next poll for an announced commit.
    recheck: Option<Duration>,
    /// An event came, and its commit is still to be found.
    announced: bool,
}

/// The cause of a poll, and its result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Poll {
    /// The next change causes an event.
    pub listening: bool,
    pub hinted: bool,
    pub news: bool,
}

/// The time of the next poll.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Due {
    /// Events before this time are ignored.
    pub earliest: Instant,
    /// The time of the poll without an event.
    pub latest: Instant,
}

impl Due {
    pub fn at(read_point: Instant) -> Self {
        Due { earliest: read_point, latest: read_point }
    }

    /// Brings the unprompted poll forward to `latest` at most.
    pub fn by(self, latest: Instant) -> Self {
        Due { latest: self.latest.min(latest).max(self.earliest), ..self }
    }
}

impl PollSchedule {
    /// `spacing`: least time between captures under load.
    pub fn new(monitor_interval: Duration, spacing: Duration) -> Self {
        PollSchedule { monitor_interval, spacing, proven: false, misses: 0, recheck: None, announced: false }
    }

    pub fn looked(&mut self, look: Poll, now: Instant) -> Due {
        if look.news {
            self.learn(look.hinted || self.announced);
        }
        self.announced = !look.news && (self.announced || look.hinted);
        self.recheck = self.next_recheck(look);
        let (earliest, latest) = match self.recheck {
            _ if !look.listening => (self.monitor_interval, self.monitor_interval),
            Some(pause) if look.news => (self.spacing, pause),
            Some(pause) => (pause.min(RECHECK_SPACING), pause),
            None if look.news => (self.spacing, self.longest_pause()),
            None => (Duration::ZERO, self.longest_pause()),
        };
        Due { earliest: now + earliest, latest: now + latest.max(earliest) }
    }

    /// Longest time without a poll.
    fn longest_pause(&self) -> Duration {
        if self.proven && self.misses < MOST_MISSES {
            self.monitor_interval * SAFETY_FACTOR
        } else {
            self.monitor_interval
        }
    }

    fn learn(&mut self, hinted: bool) {
        if hinted {
            self.proven = true;
            self.misses = if self.misses < MOST_MISSES { 0 } else { self.misses };
        } else if self.proven {
            self.misses += 1;
        }
    }

    fn next_recheck(&self, look: Poll) -> Option<Duration> {
        match (look, self.recheck) {
            (Poll { listening: false, .. }, _) => None,
            // The event may belong to another commit, which becomes visible only now.
            (Poll { news: true, hinted, .. }, before) => {
                (hinted || before.is_some()).then(|| self.spacing.max(FIRST_RECHECK))
            }
            (Poll { hinted: true, .. }, None) => Some(FIRST_RECHECK),
            (Poll { hinted: true, .. }, Some(pause)) => Some((pause * 2).min(RECHECK_SPACING)),
            (_, Some(pause)) => Some(pause * 2).filter(|&pause| pause < self.longest_pause()),
            (_, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const HINTED: Poll = Poll { listening: true, hinted: true, news: true };
    const EARLY: Poll = Poll { listening: true, hinted: true, news: false };
    const UNPROMPTED: Poll = Poll { listening: true, hinted: false, news: false };
    const MISSED: Poll = Poll { listening: true, hinted: false, news: true };

    /// Earliest and latest, in milliseconds after the poll.
    fn after(schedule: &mut PollSchedule, look: Poll) -> (u128, u128) {
        let now = Instant::now();
        let due = schedule.looked(look, now);
        ((due.earliest - now).as_millis(), (due.latest - now).as_millis())
    }

    #[test]
    fn hints_are_relied_on_once_one_came_first() {
        let mut schedule = PollSchedule::new(SECOND, SECOND / 2);
        assert_eq!(after(&mut schedule, UNPROMPTED), (0, 1000));
        assert_eq!(after(&mut schedule, MISSED), (500, 1000), "as if there were none");
        assert_eq!(after(&mut schedule, HINTED), (500, 500), "another commit may hide behind the hint");
        for pause in [1000, 2000, 4000, 8000, 16_000] {
            assert_eq!(after(&mut schedule, UNPROMPTED), (16, pause));
        }
        assert_eq!(after(&mut schedule, UNPROMPTED), (0, 30_000));
    }

    #[test]
    fn hints_that_do_not_come_are_not_relied_on() {
        let mut schedule = PollSchedule::new(SECOND, SECOND);
        after(&mut schedule, HINTED);
        for _ in 0..2 {
            assert_eq!(after(&mut schedule, MISSED), (1000, 1000));
        }
        assert!(schedule.misses == 2 && schedule.longest_pause() == 30 * SECOND);
        after(&mut schedule, MISSED);
        assert_eq!(schedule.longest_pause(), SECOND);
        after(&mut schedule, HINTED);
        assert_eq!(schedule.longest_pause(), SECOND, "never again");
    }

    #[test]
    fn a_hint_before_its_commit_is_followed_up() {
        let mut schedule = PollSchedule::new(SECOND, SECOND);
        schedule.learn(true);
        let mut waited = 0;
        for pause in [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384] {
            let look = if waited == 0 { EARLY } else { UNPROMPTED };
            assert_eq!(after(&mut schedule, look), (pause.min(16), pause));
            assert!(pause <= waited + 2, "late by more than it took");
            waited += pause;
        }
        assert_eq!(after(&mut schedule, UNPROMPTED), (0, 30_000), "it was rolled back");
        after(&mut schedule, EARLY);
        assert_eq!(after(&mut schedule, MISSED), (1000, 1000), "the hint was for this");
        assert_eq!(schedule.misses, 0);
    }

    #[test]
    fn a_long_transaction_does_not_keep_us_busy() {
        let mut schedule = PollSchedule::new(SECOND, SECOND);
        let earliest: Vec<u128> = (0..6).map(|_| after(&mut schedule, EARLY).0).collect();
        assert_eq!(earliest, [2, 4, 8, 16, 16, 16]);
    }

    #[test]
    fn without_hints_the_clock_alone_counts() {
        let mut schedule = PollSchedule::new(SECOND, SECOND / 2);
        for news in [false, true] {
            assert_eq!(after(&mut schedule, Poll { listening: false, hinted: false, news }), (1000, 1000));
        }
    }
}
