//! One supervisor per application and machine: a POSIX record lock on a file. It belongs to this process alone, and the
//! kernel releases it when the process ends in any way. Written by hand: a forked worker must not inherit the lock, and
//! `flock`, which crates and std offer, is inherited.
//!
//! Record locks have one danger: closing *any* descriptor of the file releases the process's lock. So no other code in
//! this process may open the lock file; [`SupervisorLock::take`] reports the holder.

use std::{
    fs::{File, OpenOptions, create_dir_all},
    hash::{DefaultHasher, Hasher},
    io::{ErrorKind, Read, Seek, Write},
    mem,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process,
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, fcntl},
    libc,
};

use crate::{Error, Result, private};

/// Result of [`SupervisorLock::take`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// This process holds the lock.
    ByUs,
    /// The holder's process id, if the kernel reports it.
    ByOther(Option<u32>),
}

/// A lock file, held or waited for.
#[derive(Debug)]
pub struct SupervisorLock {
    path: PathBuf,
    file: Option<File>,
    state: LockState,
}

#[derive(Debug, PartialEq)]
enum LockState {
    Waiting,
    Held,
    /// Another supervisor in this same process holds it; our descriptor must never be closed.
    HeldBeside,
}

impl SupervisorLock {
    /// Opens nothing until [`SupervisorLock::take`].
    pub fn new(path: impl Into<PathBuf>) -> SupervisorLock {
        SupervisorLock { path: path.into(), file: None, state: LockState::Waiting }
    }

    /// Takes the lock or reports its holder. A waiting process repeats this; it is harmless for the holder.
    pub fn take(&mut self) -> Result<Taken> {
        loop {
            self.open()?;
            let Some(file) = &mut self.file else { continue };
            if self.state != LockState::Held && signature().is_some_and(|ours| read(file) == ours) {
                self.state = LockState::HeldBeside;
                return Ok(Taken::ByOther(Some(process::id())));
            }
            match fcntl(&*file, FcntlArg::F_SETLK(&whole_file(libc::F_WRLCK))) {
                Ok(_) => {}
                Err(Errno::EACCES | Errno::EAGAIN) => {
                    self.state = LockState::Waiting;
                    return Ok(Taken::ByOther(holder(file)));
                }
                Err(error) => return Err(Error::io("lock", &self.path)(error.into())),
            }
            // Between open and lock another process may have removed the file, and locked a new one.
            if same_file(file, &self.path) {
                sign(file).map_err(Error::io("write", &self.path))?;
                self.state = LockState::Held;
                return Ok(Taken::ByUs);
            }
            self.let_go();
        }
    }

    /// Opens the file; reopens it if the path now leads to another one.
    fn open(&mut self) -> Result<()> {
        if self.file.as_ref().is_some_and(|file| same_file(file, &self.path)) {
            return Ok(());
        }
        self.let_go();
        if let Some(dir) = self.path.parent() {
            create_dir_all(dir).map_err(Error::io("create", dir))?;
        }
        let opened = private::open(OpenOptions::new().read(true).write(true).truncate(false), &self.path);
        self.file = Some(opened.map_err(Error::io("open", &self.path))?);
        Ok(())
    }

    fn let_go(&mut self) {
        match (self.file.take(), mem::replace(&mut self.state, LockState::Waiting)) {
            (Some(file), LockState::Held) => {
                // The signature must not outlive the lock: a later lock in this process would look like another
                // process's.
                let _ = file.set_len(0);
            }
            (Some(file), LockState::HeldBeside) => mem::forget(file),
            _ => {}
        }
    }
}

impl Drop for SupervisorLock {
    fn drop(&mut self) {
        self.let_go();
    }
}

fn whole_file(kind: libc::c_int) -> libc::flock {
    // SAFETY: flock is plain data; all zeros means "from the start to the end".
    let mut lock: libc::flock = unsafe { mem::zeroed() };
    lock.l_type = kind as libc::c_short;
    lock.l_whence = libc::SEEK_SET as libc::c_short;
    lock
}

fn holder(file: &File) -> Option<u32> {
    let mut lock = whole_file(libc::F_WRLCK);
    fcntl(file, FcntlArg::F_GETLK(&mut lock)).ok()?;
    (lock.l_type != libc::F_UNLCK as libc::c_short).then(|| u32::try_from(lock.l_pid).ok()).flatten()
}

fn same_file(file: &File, path: &Path) -> bool {
    let there = match path.metadata() {
        Ok(there) => there,
        Err(error) if error.kind() == ErrorKind::NotFound => return false,
        Err(_) => return true,
    };
    file.metadata().is_ok_and(|here| (here.dev(), here.ino()) == (there.dev(), there.ino()))
}

/// The process id, which a fork changes, and a number that an exec changes. A process that executes another program
/// under the same id (Puma at a restart) has lost the lock with its descriptors, and its threads, too.
#[cfg(target_os = "linux")]
fn signature() -> Option<String> {
    // SAFETY: reads a number.
    let random = unsafe { libc::getauxval(libc::AT_RANDOM) } as *const [u8; 16];
    if random.is_null() {
        return None;
    }
    // SAFETY: not null, so the kernel put sixteen random bytes there when it executed this program.
    let bytes = unsafe { random.read_unaligned() };
    // The C library guards the stack with these bytes, so only their hash is written to the file.
    let mut digest = DefaultHasher::new();
    digest.write(&bytes);
    Some(format!("{} {:016x}\n", process::id(), digest.finish()))
}

#[cfg(not(target_os = "linux"))]
fn signature() -> Option<String> {
    None
}

fn read(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.take(64).read_to_string(&mut text));
    read.map(|_| text).unwrap_or_default()
}

fn sign(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(signature().unwrap_or_else(|| format!("{}\n", process::id())).as_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn the_holder_signs_and_may_take_it_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pids/lock");
        let mut lock = SupervisorLock::new(&path);
        assert_eq!(lock.take().unwrap(), Taken::ByUs);
        assert_eq!(lock.take().unwrap(), Taken::ByUs);
        drop(lock);
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_second_one_in_the_same_process_waits() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let (mut first, mut second) = (SupervisorLock::new(&path), SupervisorLock::new(&path));
        assert_eq!(first.take().unwrap(), Taken::ByUs);
        assert_eq!(second.take().unwrap(), Taken::ByOther(Some(process::id())));
        drop(first);
        assert_eq!(second.take().unwrap(), Taken::ByUs);
    }

    #[test]
    fn no_other_user_may_lock_it_not_even_one_that_was_there() {
        let dir = tempfile::tempdir().unwrap();
        let (new, old) = (dir.path().join("new"), dir.path().join("old"));
        fs::write(&old, "").unwrap();
        fs::set_permissions(&old, fs::Permissions::from_mode(0o666)).unwrap();
        for path in [new, old] {
            SupervisorLock::new(&path).take().unwrap();
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
        }
    }

    #[test]
    fn a_removed_file_is_made_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let mut lock = SupervisorLock::new(&path);
        lock.take().unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(lock.take().unwrap(), Taken::ByUs);
        assert!(path.exists());
    }
}
