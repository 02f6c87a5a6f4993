//! The settings of a supervisor, and the pauses between its starts.

use std::{path::PathBuf, time::Duration};

use super::{ChildCommand, Exit};
use crate::{backoff::Backoff, config::DEFAULT_SHUTDOWN_SYNC_TIMEOUT};

/// Exit statuses that need a changed configuration or installation: 2 (configuration), 126 and 127 (cannot be
/// executed).
const LASTING: [i32; 3] = [2, 126, 127];

/// Child command, files and pauses of a supervisor.
#[derive(Clone, Debug)]
pub struct SupervisorSettings {
    /// Command line of the replicator.
    pub command: ChildCommand,
    /// One lock file per application. The process that locks it starts the replicator; the others stand by.
    pub lock: PathBuf,
    /// While this file exists, the replicator is not started, and a running one is ended.
    pub off: Option<PathBuf>,
    /// The time limit that the child sets for its last sync.
    pub last_sync: Duration,
    /// The interval at which a standby tries to take over; one second at most.
    pub poll: Duration,
    /// The pauses between starts.
    pub backoff: Backoff,
    /// Run time after which a child counts as healthy, which resets the pauses; 1 minute by default.
    pub healthy: Duration,
}

impl SupervisorSettings {
    /// Official shutdown timeout, a poll each 0.5 s, and pauses from 1 to 60 s; no file switches it off.
    pub fn new(command: ChildCommand, lock: impl Into<PathBuf>) -> SupervisorSettings {
        SupervisorSettings {
            command,
            lock: lock.into(),
            off: None,
            last_sync: DEFAULT_SHUTDOWN_SYNC_TIMEOUT,
            poll: Duration::from_millis(500),
            backoff: Backoff::new(Duration::from_secs(1), Duration::from_secs(60)),
            healthy: Duration::from_secs(60),
        }
    }

    /// The pause before the next start: the child ended after `ran`, or could not be started (`exit` is `None`).
    pub(super) fn pause_after(&mut self, ran: Duration, exit: Option<Exit>) -> Duration {
        if matches!(exit, Some(Exit::Code(code)) if LASTING.contains(&code)) {
            return self.backoff.longest_pause();
        }
        if ran >= self.healthy {
            self.backoff.reset();
        }
        self.backoff.pause()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::OutputTarget;

    #[test]
    fn pauses_double_to_a_minute_and_begin_again_after_a_healthy_one() {
        let command = ChildCommand {
            executable: "/x".into(),
            arguments: vec![],
            environment: vec![],
            output: OutputTarget::Inherit,
        };
        let mut settings = SupervisorSettings::new(command, "/lock");
        let mut pause = |ran, exit| settings.pause_after(Duration::from_secs(ran), exit).as_secs_f64().ceil();
        for longest in [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0] {
            let pause = pause(3, Some(Exit::Code(1)));
            assert!(pause <= longest && pause > longest * 0.75, "{pause} of {longest} s");
        }
        assert_eq!(pause(61, Some(Exit::Signal(9))), 1.0, "it was healthy");
        assert!(pause(61, Some(Exit::Code(2))) > 45.0, "the configuration is wrong");
        assert!(pause(0, None) > 45.0);
    }
}
