//! One started process: detects its end without polling, and never signals a process that reuses its id.

use std::{
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    time::Instant,
};

use nix::{
    errno::Errno,
    sys::{
        signal::{Signal, kill, killpg},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

use super::Exit;

/// A child process whose exit is not collected yet.
#[derive(Debug)]
pub(super) struct Child {
    pid: Pid,
    /// Readable once the process has ended; absent on old kernels and other systems.
    end: Option<OwnedFd>,
    pub(super) started: Instant,
}

impl Child {
    pub(super) fn new(pid: Pid) -> Child {
        Child { pid, end: pidfd_open(pid.as_raw() as u32), started: Instant::now() }
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid.as_raw() as u32
    }

    pub(super) fn end(&self) -> Option<BorrowedFd<'_>> {
        self.end.as_ref().map(AsFd::as_fd)
    }

    /// The exit, if the process has ended. Waits for this process id alone: the application has other children.
    pub(super) fn try_wait(&self) -> Option<Exit> {
        match waitpid(self.pid, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(_, code)) => Some(Exit::Code(code)),
            Ok(WaitStatus::Signaled(_, signal, _)) => Some(Exit::Signal(signal as i32)),
            // Other code waited for any child, or SIGCHLD is ignored.
            Err(Errno::ECHILD) => Some(Exit::Unknown),
            _ => None,
        }
    }

    /// Requests a last sync and an end.
    pub(super) fn terminate(&self) {
        self.send(Signal::SIGTERM);
    }

    /// Kills the process and its group.
    pub(super) fn kill(&self) {
        self.send(Signal::SIGKILL);
        // It leads its own group; its id stays taken until it is waited for.
        let _ = killpg(self.pid, Signal::SIGKILL);
    }

    /// Signals by descriptor if possible: the id may belong to another process if other code waited for the child.
    fn send(&self, signal: Signal) {
        #[cfg(target_os = "linux")]
        if let Some(end) = &self.end {
            use std::os::fd::AsRawFd;
            let nothing: *const nix::libc::siginfo_t = std::ptr::null();
            // SAFETY: a valid descriptor and no siginfo.
            unsafe {
                nix::libc::syscall(nix::libc::SYS_pidfd_send_signal, end.as_raw_fd(), signal as i32, nothing, 0);
            }
            return;
        }
        let _ = kill(self.pid, signal);
    }
}

/// A descriptor that becomes readable when the process ends.
#[cfg(target_os = "linux")]
pub(super) fn pidfd_open(pid: u32) -> Option<OwnedFd> {
    use std::os::fd::FromRawFd;
    // SAFETY: takes two numbers; the returned descriptor belongs to the caller alone and is closed on exec.
    let descriptor = unsafe { nix::libc::syscall(nix::libc::SYS_pidfd_open, pid as nix::libc::pid_t, 0) };
    // SAFETY: not negative, so an open descriptor without another owner.
    (descriptor >= 0).then(|| unsafe { OwnedFd::from_raw_fd(descriptor as i32) })
}

#[cfg(not(target_os = "linux"))]
pub(super) fn pidfd_open(_: u32) -> Option<OwnedFd> {
    None
}
