//! Random numbers from a seed, the same on every machine.

use std::ops::Range;
use std::time::SystemTime;

/// The variable that replays a run.
pub const SEED_VARIABLE: &str = "LITESTREAM_SEED";

/// The seed of this run: [`SEED_VARIABLE`] if it is set, else a fresh one. Printed, so that a
/// failure tells how to repeat itself.
///
/// # Panics
/// If the variable holds no number.
pub fn seed() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    seed_or(u64::from(now.subsec_nanos()) ^ now.as_secs().rotate_left(20))
}

/// As [`seed`], but the same for every run that is not told otherwise.
///
/// # Panics
/// If the variable holds no number.
pub fn seed_or(usual: u64) -> u64 {
    let seed = match std::env::var(SEED_VARIABLE) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{SEED_VARIABLE}={text:?} is no number")),
        Err(_) => usual,
    };
    println!("seed {seed}: repeat with {SEED_VARIABLE}={seed}");
    seed
}

/// A generator (xorshift64*).
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
}

impl Random {
    /// Any seed will do, 0 too.
    pub fn new(seed: u64) -> Self {
        // Neighbouring seeds shall not begin alike, and the state must never be 0.
        let mixed = (seed ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        Self { state: (mixed ^ (mixed >> 31)) | 1 }
    }

    /// 64 random bits.
    pub fn number(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number in a range that is not empty.
    pub fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.number() % (range.end - range.start)
    }

    /// A place in a list of `len` items, at least one.
    pub fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.number() % len as u64).unwrap_or(0)
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.within(0..100) < percent
    }

    /// Bytes that compress badly, or (every other time) well.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        if self.chance(50) {
            return vec![self.number().to_le_bytes()[0]; len];
        }
        let mut bytes = Vec::with_capacity(len + 8);
        while bytes.len() < len {
            bytes.extend_from_slice(&self.number().to_le_bytes());
        }
        bytes.truncate(len);
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
}
