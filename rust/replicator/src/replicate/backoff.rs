//! Pauses between attempts that fail.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// Doubles from its first pause to its longest. Up to a quarter is random, so that many databases that failed together
/// do not come back together.
#[derive(Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    pub fn new(first: Duration, longest: Duration) -> Self {
        Backoff { first, longest: longest.max(first), next: first }
    }

    pub fn pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.longest);
        let random = (RandomState::new().hash_one(()) % 256) as u32;
        pause - pause * random / 1024
    }

    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_the_longest_and_begin_again() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(300));
        for expected in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            let pause = backoff.pause().as_secs_f64();
            assert!(pause <= f64::from(expected) && pause > f64::from(expected) * 0.75, "{pause} of {expected}");
        }
        backoff.reset();
        assert!(backoff.pause() <= Duration::from_secs(1));
    }
}
