//! Growing pauses between attempts that fail.
//!
//! Own code instead of `backon`: that crate retries a closure, while our loops serve requests, a shutdown or a child's
//! end during each pause.

use std::time::Duration;

/// Pauses that double from the first to the longest. Random jitter shortens each by up to a quarter, so that databases
/// that failed together do not retry together.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    /// Begins with `first`. A `longest` below `first` counts as `first`.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Backoff { first, longest: longest.max(first), next: first }
    }

    /// The pause after one more failure.
    pub fn pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.longest);
        pause - pause * fastrand::u32(..256) / 1024
    }

    /// The longest pause, for a failure that a retry alone cannot cure.
    pub fn longest_pause(&mut self) -> Duration {
        self.next = self.longest;
        self.pause()
    }

    /// Returns to the first pause after a success.
    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// True if `pause` is `seconds` or up to a quarter less.
    fn is_about(pause: Duration, seconds: u32) -> bool {
        let longest = f64::from(seconds);
        pause.as_secs_f64() <= longest && pause.as_secs_f64() > longest * 0.75
    }

    #[test]
    fn pauses_double_to_the_longest_and_begin_again() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(300));
        for expected in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            let pause = backoff.pause();
            assert!(is_about(pause, expected), "{pause:?} of {expected} s");
        }
        backoff.reset();
        assert!(is_about(backoff.pause(), 1));
        assert!(is_about(backoff.longest_pause(), 300));
        assert!(is_about(backoff.pause(), 300), "a retry does not cure it, so the pause stays");
    }
}
