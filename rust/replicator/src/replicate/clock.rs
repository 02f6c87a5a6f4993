//! The wall clock, in the format's unit.

use std::time::SystemTime;

use ltx::Timestamp;

pub fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(since_epoch.as_millis() as i64)
}
