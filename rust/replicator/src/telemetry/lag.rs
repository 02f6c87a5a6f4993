//! The replica's lag over the last hour, for one database.

use std::{collections::VecDeque, time::Duration};

use litestream_core::control::LagSamples;

/// Time between two samples.
pub const SAMPLE_INTERVAL: Duration = Duration::from_secs(10);

/// Samples of one hour.
const SAMPLES: usize = 360;

#[derive(Debug, Default)]
pub struct LagHistory {
    samples: VecDeque<Sample>,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    seconds: f32,
    transactions: u32,
}

impl LagHistory {
    pub fn add(&mut self, seconds: f64, transactions: u64) {
        if self.samples.len() == SAMPLES {
            self.samples.pop_front();
        }
        let transactions = u32::try_from(transactions).unwrap_or(u32::MAX);
        self.samples.push_back(Sample { seconds: seconds as f32, transactions });
    }

    pub fn samples(&self) -> LagSamples {
        LagSamples {
            seconds: self.samples.iter().map(|sample| sample.seconds).collect(),
            transactions: self.samples.iter().map(|sample| sample.transactions).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_kept() {
        let mut history = LagHistory::default();
        for number in 0..400 {
            history.add(f64::from(number), 1 << 40);
        }
        let samples = history.samples();
        assert_eq!((samples.seconds.len(), samples.seconds[0], samples.seconds[359]), (360, 40.0, 399.0));
        assert_eq!(samples.transactions[0], u32::MAX);
    }
}
