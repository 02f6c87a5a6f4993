//! Random numbers that a printed seed brings back.

pub struct Random(u64);

impl Random {
    /// `LITESTREAM_SEED` replays a run.
    pub fn seeded(default: u64) -> Self {
        let seed = std::env::var("LITESTREAM_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(default);
        println!("LITESTREAM_SEED={seed}");
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % u64::from(limit)) as u32
    }
}
