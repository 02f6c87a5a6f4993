//! A supervisor's view of its child.

use std::{fmt, time::SystemTime};

/// Origin of the running replicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// This process: it holds the lock.
    Holder,
    /// Another process. This one takes over when it is gone.
    Standby,
    /// None: the application has switched replication off.
    Off,
    /// None in this process: a stop was requested.
    Stopped,
}

impl Role {
    /// The word for Ruby and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Holder => "holder",
            Role::Standby => "standby",
            Role::Off => "off",
            Role::Stopped => "stopped",
        }
    }
}

/// The child's exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Status of a normal exit; see [`crate::Error::exit_status`].
    Code(i32),
    /// Number of the signal that ended the process.
    Signal(i32),
    /// Other code in this process collected the exit first.
    Unknown,
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exit::Code(code) => write!(f, "exit status {code}"),
            Exit::Signal(signal) => write!(f, "signal {signal}"),
            Exit::Unknown => f.write_str("unknown exit status"),
        }
    }
}

/// The supervisor's state at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct SupervisorStatus {
    /// Origin of the running replicator, seen from this process.
    pub role: Role,
    /// Process id of the running replicator, if it is our child.
    pub pid: Option<u32>,
    /// Process id of the supervisor: this process or, in standby, the other one.
    pub holder: Option<u32>,
    /// Start time of the running replicator.
    pub started_at: Option<SystemTime>,
    /// Starts after the first one; 0 until then.
    pub restarts: u32,
    /// Exit of the last child; `None` before the first one ended.
    pub last_exit: Option<Exit>,
    /// The failure of the lock or the start that keeps the replicator from running.
    pub problem: Option<String>,
}

impl SupervisorStatus {
    pub(super) fn new() -> SupervisorStatus {
        SupervisorStatus {
            role: Role::Standby,
            pid: None,
            holder: None,
            started_at: None,
            restarts: 0,
            last_exit: None,
            problem: None,
        }
    }
}
