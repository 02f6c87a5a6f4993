//! The control socket: messages, and the client that the Rails process and the command line use. The server lives in
//! the replicator.

mod client;
mod failure;
mod message;
mod retry_until_running;
mod telemetry;

use std::time::Duration;

pub use client::Client;
pub use failure::ErrorReply;
pub use message::*;
pub use retry_until_running::through_handover;
pub use telemetry::*;

/// Timeout of a request that states none, on both ends of the socket; the official default.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// The time limit of a request: its `timeout` in seconds, 0 for [`DEFAULT_TIMEOUT`], a day at most.
pub fn time_limit(seconds: u64) -> Duration {
    match seconds {
        0 => DEFAULT_TIMEOUT,
        seconds => Duration::from_secs(seconds.min(24 * 60 * 60)),
    }
}

/// A time limit as a request states it: whole seconds, rounded up, at least one.
pub fn whole_seconds(limit: Duration) -> u64 {
    limit.as_secs().saturating_add(u64::from(limit.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_said_in_whole_seconds_from_one_on() {
        for (limit, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (30_000, 30)] {
            assert_eq!(whole_seconds(Duration::from_millis(limit)), seconds, "{limit} ms");
        }
        assert_eq!(whole_seconds(Duration::MAX), u64::MAX);
    }
}
