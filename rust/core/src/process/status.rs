//! What a supervisor knows about its child.

use std::{fmt, time::SystemTime};

/// Who starts the replicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// We do: the lock is ours.
    Holder,
    /// Another process does; we take over when it is gone.
    Standby,
    /// Nobody: the application has switched replication off.
    Off,
    /// Nobody of ours: asked to stop.
    Stopped,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Holder => "holder",
            Role::Standby => "standby",
            Role::Off => "off",
            Role::Stopped => "stopped",
        }
    }
}

/// How the child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Code(i32),
    Signal(i32),
    /// Another part of this process waited for it first.
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

/// A moment's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    pub role: Role,
    /// Of the running replicator, if it is our child.
    pub pid: Option<u32>,
    /// The supervising process: ourselves or, in standby, the other one.
    pub holder: Option<u32>,
    /// When the running replicator was started.
    pub started_at: Option<SystemTime>,
    /// Starts after the first.
    pub restarts: u32,
    pub last_exit: Option<Exit>,
    /// Why nothing runs although it should: the lock or the start failed.
    pub problem: Option<String>,
}

impl Status {
    pub(super) fn new() -> Status {
        Status {
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
