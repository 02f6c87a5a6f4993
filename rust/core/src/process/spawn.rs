//! Starts the child with fork and execve (crate nix). Everything that allocates, locks or can fail happens before the
//! fork. Between fork and exec run only async-signal-safe calls: other threads may have held any lock at that moment.
//!
//! Own code instead of `std::process::Command`, which cannot run a `pre_exec` without waiting for the end of a pipe. A
//! worker that the application forks meanwhile holds that pipe open, and the supervisor hangs until the worker ends
//! (docs/adr/0012-fork.md).

use std::{
    ffi::{CString, OsString},
    fs::{File, OpenOptions},
    os::{
        fd::RawFd,
        unix::{ffi::OsStrExt, fs::PermissionsExt},
    },
    path::{Path, PathBuf},
    process, ptr,
};

use nix::{
    libc,
    sys::{
        resource::{Resource, getrlimit},
        signal::SigSet,
    },
    unistd::{ForkResult, Pid, dup2_stderr, dup2_stdin, dup2_stdout, fork, getppid, setpgid},
};

use super::{child::Child, parent_watch};
use crate::{Error, Result};

/// The executable, its arguments, and its whole environment.
#[derive(Clone)]
pub struct ChildCommand {
    /// File to execute; the search path is not used.
    pub executable: PathBuf,
    /// Arguments after the program name.
    pub arguments: Vec<OsString>,
    /// Name and value of each variable; nothing is inherited. May hold secrets.
    pub environment: Vec<(OsString, OsString)>,
    /// Destination of standard output and standard error; standard input is `/dev/null`.
    pub output: OutputTarget,
}

/// The destination of standard output and standard error.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputTarget {
    /// The streams of this process.
    Inherit,
    /// Appends to this file, which is created if missing.
    File(PathBuf),
}

impl std::fmt::Debug for ChildCommand {
    /// Leaves out the environment: it holds secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("ChildCommand");
        shown.field("executable", &self.executable).field("arguments", &self.arguments);
        shown.field("output", &self.output).finish_non_exhaustive()
    }
}

impl ChildCommand {
    /// Starts the process and passes it the number of restarts, zero at first. The calling thread must outlive the
    /// child: Linux sends the child SIGTERM when the thread ends.
    pub(super) fn spawn(&self, restarts: u32) -> Result<Child> {
        let image = self.image(restarts)?;
        let (arguments, environment) = (pointers(&image.arguments), pointers(&image.environment));
        let parent = Parent::this();
        // SAFETY: the child only runs `become_child`, which keeps to async-signal-safe calls and does not return.
        match unsafe { fork() } {
            Ok(ForkResult::Parent { child }) => Ok(Child::new(child)),
            Ok(ForkResult::Child) => become_child(&image, &arguments, &environment, parent),
            Err(error) => Err(Error::io("start", &self.executable)(error.into())),
        }
    }

    fn image(&self, restarts: u32) -> Result<Image> {
        check_executable(&self.executable)?;
        let own = [(parent_watch::VARIABLE, process::id()), (parent_watch::RESTARTS, restarts)]
            .map(|(name, number)| (OsString::from(name), OsString::from(number.to_string())));
        let inherited = self.environment.iter().filter(|(name, _)| own.iter().all(|(ours, _)| name != ours));
        let variable = |(name, value): &(OsString, OsString)| {
            c_string([name.as_bytes(), b"=", value.as_bytes()].concat(), &name.to_string_lossy())
        };
        let executable = c_string(self.executable.as_os_str().as_bytes().to_vec(), "the executable")?;
        let arguments = self.arguments.iter().map(|argument| c_string(argument.as_bytes().to_vec(), "an argument"));
        Ok(Image {
            arguments: [Ok(executable.clone())].into_iter().chain(arguments).collect::<Result<_>>()?,
            executable,
            environment: inherited.chain(&own).map(variable).collect::<Result<_>>()?,
            input: File::open("/dev/null").map_err(Error::io("open", "/dev/null"))?,
            output: self.output.open()?,
            open_max: getrlimit(Resource::RLIMIT_NOFILE).map_or(256, |(soft, _)| soft.clamp(256, 65_536)) as RawFd,
        })
    }
}

impl OutputTarget {
    fn open(&self) -> Result<Option<File>> {
        match self {
            OutputTarget::Inherit => Ok(None),
            OutputTarget::File(path) => {
                OpenOptions::new().append(true).create(true).open(path).map(Some).map_err(Error::io("open", path))
            }
        }
    }
}

/// Checked before the fork, where the error can name the path.
fn check_executable(path: &Path) -> Result<()> {
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

/// The input of [`become_child`], made before the fork.
struct Image {
    executable: CString,
    arguments: Vec<CString>,
    environment: Vec<CString>,
    input: File,
    output: Option<File>,
    open_max: RawFd,
}

/// The forking process. On Linux its thread counts too: the death signal comes when that thread ends. A process that
/// executes another program keeps its id but loses its threads.
#[derive(Clone, Copy)]
struct Parent {
    process: Pid,
    #[cfg(target_os = "linux")]
    thread: Pid,
}

impl Parent {
    fn this() -> Self {
        Parent {
            process: Pid::this(),
            #[cfg(target_os = "linux")]
            thread: nix::unistd::gettid(),
        }
    }

    /// True while the forking thread lives. Called by the child; async-signal-safe.
    fn is_alive(self) -> bool {
        #[cfg(target_os = "linux")]
        // SAFETY: takes three numbers; signal 0 only checks that the thread exists.
        if unsafe { libc::syscall(libc::SYS_tgkill, self.process.as_raw(), self.thread.as_raw(), 0) } != 0 {
            return false;
        }
        getppid() == self.process
    }
}

/// The child's side of the fork. `arguments` and `environment` point into `image` and end with a null pointer.
fn become_child(
    image: &Image,
    arguments: &[*const libc::c_char],
    environment: &[*const libc::c_char],
    parent: Parent,
) -> ! {
    // Its own group: Ctrl-C at a terminal reaches the parent alone, which passes it on.
    let _ = setpgid(Pid::from_raw(0), Pid::from_raw(0));
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGTERM);
    // A parent that ended between fork and here sends no signal any more.
    if !parent.is_alive() {
        // SAFETY: ends the process without running the parent's exit handlers.
        unsafe { libc::_exit(0) };
    }
    let _ = dup2_stdin(&image.input);
    if let Some(output) = &image.output {
        let _ = dup2_stdout(output).and(dup2_stderr(output));
    }
    close_others_on_exec(image.open_max);
    reset_signals();
    // SAFETY: both lists end with a null pointer, and `image` owns every string in them.
    unsafe {
        libc::execve(image.executable.as_ptr(), arguments.as_ptr(), environment.as_ptr());
        libc::_exit(127)
    }
}

/// Keeps the parent's sockets and files from the child.
fn close_others_on_exec(open_max: RawFd) {
    #[cfg(target_os = "linux")]
    // SAFETY: takes three numbers and only sets flags.
    if unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) } == 0 {
        return;
    }
    for descriptor in 3..open_max {
        // SAFETY: only sets a flag, and fails where the number is not open.
        unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

/// Undoes ignored signals and the mask, which would survive the exec.
fn reset_signals() {
    // Up to the last real-time signal; the C library's own two refuse.
    for signal in 1..65 {
        // SAFETY: installs no handler, and no other thread exists in the child.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    let _ = SigSet::empty().thread_set_mask();
}
