//! Intervals aligned to the wall clock, so that every writer of a replica works at the same moments.

use std::time::Duration;

use ltx::Timestamp;

/// The first multiple of `interval` after `last`, counted from 1970.
pub fn next_slot(last: Timestamp, interval: Duration) -> Timestamp {
    let interval = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX).max(1);
    let slot = last.millis().div_euclid(interval).saturating_add(1);
    Timestamp::from_millis(slot.saturating_mul(interval))
}
