//! How long to wait before the next start.

use std::time::Duration;

use super::Exit;

/// Doubling from `first` to `longest`; after a run of `healthy` it begins again.
#[derive(Clone, Debug)]
pub struct Backoff {
    pub first: Duration,
    pub longest: Duration,
    pub healthy: Duration,
}

/// What only a changed configuration or installation cures: 2 (configuration), 126 and 127 (cannot be executed).
const LASTING: [i32; 3] = [2, 126, 127];

impl Default for Backoff {
    fn default() -> Self {
        Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(60), healthy: Duration::from_secs(60) }
    }
}

impl Backoff {
    /// The delay after an end, given the delay before (zero at first) and how long the child ran.
    pub(super) fn next(&self, previous: Duration, ran: Duration, exit: Option<Exit>) -> Duration {
        match exit {
            Some(Exit::Code(code)) if LASTING.contains(&code) => self.longest,
            _ if previous.is_zero() || ran >= self.healthy => self.first,
            _ => (previous * 2).min(self.longest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_to_a_minute_and_start_again_after_a_healthy_one() {
        let backoff = Backoff::default();
        let mut delay = Duration::ZERO;
        let mut seen = Vec::new();
        for _ in 0..8 {
            delay = backoff.next(delay, Duration::from_secs(3), Some(Exit::Code(1)));
            seen.push(delay.as_secs());
        }
        assert_eq!(seen, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(backoff.next(delay, Duration::from_secs(61), Some(Exit::Signal(9))).as_secs(), 1);
        assert_eq!(backoff.next(Duration::ZERO, Duration::ZERO, Some(Exit::Code(2))).as_secs(), 60);
    }
}
