//! The wall clock, and conversions between [`SystemTime`] and the format's [`Timestamp`].

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ltx::Timestamp;

/// The current time, rounded down to the millisecond.
pub fn now() -> Timestamp {
    from_system(SystemTime::now())
}

/// Rounds down to the millisecond, also before 1970. A time out of range becomes the nearest [`Timestamp`].
pub fn from_system(time: SystemTime) -> Timestamp {
    let millis = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos().div_ceil(1_000_000)).map_or(i64::MIN, |past| -past),
    };
    Timestamp::from_millis(millis)
}

/// The inverse of [`from_system`], exact to the millisecond.
pub fn to_system(timestamp: Timestamp) -> SystemTime {
    let distance = Duration::from_millis(timestamp.millis().unsigned_abs());
    if timestamp.millis() >= 0 { UNIX_EPOCH + distance } else { UNIX_EPOCH - distance }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_survives_the_way_through_the_system_clock() {
        for millis in [0, 1, 1_700_000_000_123, -1, -1_001] {
            let timestamp = Timestamp::from_millis(millis);
            assert_eq!(from_system(to_system(timestamp)), timestamp);
        }
        assert_eq!(from_system(UNIX_EPOCH + Duration::from_nanos(1_999_999)).millis(), 1);
        assert_eq!(from_system(UNIX_EPOCH - Duration::from_nanos(1)).millis(), -1);
    }

    #[test]
    fn a_time_that_no_timestamp_holds_becomes_the_nearest_one() {
        let far = Duration::from_secs(i64::MAX as u64);
        assert_eq!(from_system(UNIX_EPOCH + far).millis(), i64::MAX);
        assert_eq!(from_system(UNIX_EPOCH - far).millis(), i64::MIN);
    }
}
