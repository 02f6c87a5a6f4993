//! fork and execve. Everything that allocates, locks or can fail is done before the fork; between fork and exec come
//! only calls that are safe there, since other threads of the parent may hold any lock at that moment.

use std::{
    ffi::{CString, OsString},
    fs::{File, OpenOptions},
    os::{
        fd::{AsRawFd, RawFd},
        unix::{ffi::OsStrExt, fs::PermissionsExt},
    },
    path::{Path, PathBuf},
    process, ptr,
};

use nix::{
    libc,
    unistd::{ForkResult, fork},
};

use super::{child::Child, parent};
use crate::{Error, Result};

/// What to execute, with the whole environment it gets.
#[derive(Clone)]
pub struct Command {
    pub executable: PathBuf,
    pub arguments: Vec<OsString>,
    pub environment: Vec<(OsString, OsString)>,
    pub output: Output,
}

/// Where standard output and error go.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// To those of this process.
    Inherit,
    /// To the end of this file.
    File(PathBuf),
}

impl std::fmt::Debug for Command {
    /// The environment holds secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Command");
        shown.field("executable", &self.executable).field("arguments", &self.arguments);
        shown.field("output", &self.output).finish_non_exhaustive()
    }
}

/// What the child needs, ready before the fork.
struct Prepared {
    executable: CString,
    arguments: Vec<CString>,
    environment: Vec<CString>,
    input: File,
    output: Option<File>,
    open_max: RawFd,
}

impl Command {
    /// Starts the process, telling it how often it ran before. The calling thread must live as long as the child shall: Linux ties the two together.
    pub(super) fn spawn(&self, restarts: u32) -> Result<Child> {
        let prepared = self.prepare(restarts)?;
        let arguments = pointers(&prepared.arguments);
        let environment = pointers(&prepared.environment);
        let parent = Parent::this();
        // SAFETY: the child only runs `become_child`, which keeps to async-signal-safe calls and does not return.
        match unsafe { fork() } {
            Ok(ForkResult::Parent { child }) => Ok(Child::new(child)),
            Ok(ForkResult::Child) => unsafe { become_child(&prepared, &arguments, &environment, parent) },
            Err(error) => Err(Error::io("start", &self.executable)(error.into())),
        }
    }

    fn prepare(&self, restarts: u32) -> Result<Prepared> {
        executable(&self.executable)?;
        let told = [(parent::VARIABLE, process::id()), (parent::RESTARTS, restarts)]
            .map(|(name, number)| (OsString::from(name), OsString::from(number.to_string())));
        let inherited = self.environment.iter().filter(|(name, _)| told.iter().all(|(ours, _)| name != ours));
        let environment = inherited.chain(&told);
        let variable = |(name, value): &(OsString, OsString)| {
            c_string([name.as_bytes(), b"=", value.as_bytes()].concat(), &name.to_string_lossy())
        };
        let arguments = self.arguments.iter().map(|argument| c_string(argument.as_bytes().to_vec(), "an argument"));
        let executable = c_string(self.executable.as_os_str().as_bytes().to_vec(), "the executable")?;
        Ok(Prepared {
            arguments: [Ok(executable.clone())].into_iter().chain(arguments).collect::<Result<_>>()?,
            executable,
            environment: environment.map(variable).collect::<Result<_>>()?,
            input: File::open("/dev/null").map_err(Error::io("open", "/dev/null"))?,
            output: self.output.open()?,
            // SAFETY: asks for a number.
            open_max: unsafe { libc::sysconf(libc::_SC_OPEN_MAX) }.clamp(256, 65_536) as RawFd,
        })
    }
}

impl Output {
    fn open(&self) -> Result<Option<File>> {
        match self {
            Output::Inherit => Ok(None),
            Output::File(path) => {
                OpenOptions::new().append(true).create(true).open(path).map(Some).map_err(Error::io("open", path))
            }
        }
    }
}

/// Found out here, where it can be told well.
fn executable(path: &Path) -> Result<()> {
    let found = path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0);
    if found {
        return Ok(());
    }
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Err(Error::ExecutableNotFound { name, searched: vec![path.display().to_string()] })
}

fn c_string(bytes: Vec<u8>, what: &str) -> Result<CString> {
    CString::new(bytes).map_err(|_| Error::Config { place: what.to_owned(), problem: "holds a zero byte".into() })
}

fn pointers(strings: &[CString]) -> Vec<*const libc::c_char> {
    strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect()
}

/// Who forks. On Linux the thread counts too: its end is what the child is told of, and where the process executes another
/// program its threads end while the process id stays.
#[derive(Clone, Copy)]
struct Parent {
    process: libc::pid_t,
    #[cfg(target_os = "linux")]
    thread: libc::pid_t,
}

impl Parent {
    fn this() -> Self {
        Parent {
            process: process::id() as libc::pid_t,
            #[cfg(target_os = "linux")]
            thread: nix::unistd::gettid().as_raw(),
        }
    }

    /// To be asked by the child; async-signal-safe.
    fn is_there(self) -> bool {
        // SAFETY: asks for a number.
        let there = unsafe { libc::getppid() } == self.process;
        #[cfg(target_os = "linux")]
        // SAFETY: signal 0 only asks whether there is such a thread.
        let there = there && unsafe { libc::syscall(libc::SYS_tgkill, self.process, self.thread, 0) } == 0;
        there
    }
}

/// # Safety
/// Only in a freshly forked child, with null-terminated lists of pointers.
unsafe fn become_child(
    prepared: &Prepared,
    arguments: &[*const libc::c_char],
    environment: &[*const libc::c_char],
    parent: Parent,
) -> ! {
    unsafe {
        // Its own group: Ctrl-C at a terminal is the parent's to pass on.
        libc::setpgid(0, 0);
        #[cfg(target_os = "linux")]
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM);
        // Gone between fork and here: no signal will come.
        if !parent.is_there() {
            libc::_exit(0);
        }
        libc::dup2(prepared.input.as_raw_fd(), 0);
        if let Some(output) = &prepared.output {
            libc::dup2(output.as_raw_fd(), 1);
            libc::dup2(output.as_raw_fd(), 2);
        }
        close_others_on_exec(prepared.open_max);
        default_signals();
        libc::execve(prepared.executable.as_ptr(), arguments.as_ptr(), environment.as_ptr());
        libc::_exit(127)
    }
}

/// The parent's sockets and files are not the child's to keep open.
unsafe fn close_others_on_exec(open_max: RawFd) {
    #[cfg(target_os = "linux")]
    unsafe {
        let flags = libc::CLOSE_RANGE_CLOEXEC;
        if libc::syscall(libc::SYS_close_range, 3 as libc::c_uint, libc::c_uint::MAX, flags) == 0 {
            return;
        }
    }
    for descriptor in 3..open_max {
        unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

/// Ignored signals and the mask would survive exec.
unsafe fn default_signals() {
    unsafe {
        // Up to the last real-time signal; the two that can't be changed refuse.
        for signal in 1..65 {
            libc::signal(signal, libc::SIG_DFL);
        }
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut none);
        libc::pthread_sigmask(libc::SIG_SETMASK, &none, ptr::null_mut());
    }
}
