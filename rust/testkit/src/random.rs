//! Random numbers from a seed. The crate `fastrand` makes them: the same on every machine, as long as its version in
//! Cargo.lock stays.

use std::ops::Range;
use std::time::SystemTime;

use fastrand::Rng;

/// The environment variable that replays a run.
pub const SEED_VARIABLE: &str = "LITESTREAM_SEED";

/// The seed of this run: [`SEED_VARIABLE`] if it is set, else a fresh one. Prints it, so that a failure can be replayed.
///
/// # Panics
/// If the variable is not a number.
pub fn seed() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    seed_or(u64::from(now.subsec_nanos()) ^ now.as_secs().rotate_left(20))
}

/// The same as [`seed`], with `usual` instead of a fresh seed.
///
/// # Panics
/// If the variable is not a number.
pub fn seed_or(usual: u64) -> u64 {
    let seed = match std::env::var(SEED_VARIABLE) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{SEED_VARIABLE}={text:?} is not a number")),
        Err(_) => usual,
    };
    println!("seed {seed}: repeat with {SEED_VARIABLE}={seed}");
    seed
}

/// A seeded generator.
#[derive(Debug, Clone)]
pub struct Random(Rng);

impl Random {
    /// The generator of a seed; 0 is one too.
    pub fn new(seed: u64) -> Self {
        Self(Rng::with_seed(seed))
    }

    /// A number in a range that is not empty.
    pub fn within(&mut self, range: Range<u64>) -> u64 {
        self.0.u64(range)
    }

    /// An index into a list of `len` items, at least one.
    pub fn index(&mut self, len: usize) -> usize {
        self.0.usize(..len)
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.within(0..100) < percent
    }

    /// Bytes that compress badly, or (every other time) well.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        if self.chance(50) {
            return vec![self.0.u8(..); len];
        }
        self.noise(len)
    }

    /// Bytes that do not compress.
    pub fn noise(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.0.fill(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_itself_and_no_other() {
        let run = |seed| {
            let mut random = Random::new(seed);
            (0..100).map(|_| random.within(10..20)).collect::<Vec<_>>()
        };
        assert_eq!(run(0), run(0));
        assert_ne!(run(0), run(1));
        assert!((10..20).all(|number| run(7).contains(&number)), "every number of a range comes up");
    }

    #[test]
    fn a_seed_means_the_same_on_every_machine() {
        let mut random = Random::new(4711);
        assert_eq!([(); 4].map(|()| random.within(0..1000)), [0; 4]);
    }
}
