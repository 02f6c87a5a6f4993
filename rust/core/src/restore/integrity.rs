//! SQLite's own check of a restored database before its installation. The core contains no SQLite: the executable
//! checks in its own process, every other caller runs the executable.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    str::FromStr,
    time::Duration,
};

use async_trait::async_trait;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use tokio::time;

use crate::{Error, Result};

/// Time between two checks of the running process.
const POLL: Duration = Duration::from_millis(20);

/// The depth of the check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IntegrityCheck {
    /// No check: a restored file is trusted by its checksums alone.
    None,
    /// `PRAGMA quick_check`: the structure of every page.
    #[default]
    Quick,
    /// `PRAGMA integrity_check`: indexes against tables too.
    Full,
}

impl IntegrityCheck {
    /// The word for command lines and Ruby.
    pub fn name(self) -> &'static str {
        match self {
            IntegrityCheck::None => "none",
            IntegrityCheck::Quick => "quick",
            IntegrityCheck::Full => "full",
        }
    }
}

impl FromStr for IntegrityCheck {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        [IntegrityCheck::None, IntegrityCheck::Quick, IntegrityCheck::Full]
            .into_iter()
            .find(|check| check.name() == text)
            .ok_or_else(|| Error::Config {
                place: "integrity check".into(),
                problem: format!("must be \"none\", \"quick\" or \"full\", got {text:?}"),
            })
    }
}

/// Runs SQLite's checks on a private copy.
#[async_trait]
pub trait IntegrityChecker: Send + Sync {
    /// [`Error::Corrupt`] if SQLite finds a fault. Never called with [`IntegrityCheck::None`].
    async fn check(&self, database: &Path, check: IntegrityCheck) -> Result<()>;
}

/// Runs `litestream check-copy <path> --mode <mode>`; dropping the future kills it.
#[derive(Clone, Debug)]
pub struct ExecutableChecker {
    /// Path of our executable; the official one has no `check-copy`.
    pub executable: PathBuf,
}

#[async_trait]
impl IntegrityChecker for ExecutableChecker {
    async fn check(&self, database: &Path, check: IntegrityCheck) -> Result<()> {
        let child = Command::new(&self.executable)
            .arg("check-copy")
            .args(["--mode", check.name()])
            .arg("--")
            .arg(database)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| self.not_started(error))?;
        let mut child = Running(child);
        let status = child.ended().await.map_err(Error::io("wait for", &self.executable))?;
        verdict(database, status, child.stderr_text())
    }
}

impl ExecutableChecker {
    fn not_started(&self, error: io::Error) -> Error {
        if error.kind() != io::ErrorKind::NotFound {
            return Error::io("run", &self.executable)(error);
        }
        Error::ExecutableNotFound { name: "litestream".into(), searched: vec![self.executable.display().to_string()] }
    }
}

fn verdict(database: &Path, status: ExitStatus, stderr: String) -> Result<()> {
    let corrupt = |problem: &str| Error::Corrupt { what: "restored database".into(), problem: problem.into() };
    let problem = stderr.trim().trim_start_matches("Error: ");
    let problem = problem.strip_prefix(&corrupt("").to_string()).unwrap_or(problem);
    match status.code() {
        Some(0) => Ok(()),
        Some(code) if code == i32::from(corrupt("").exit_status()) => Err(corrupt(problem)),
        _ => Err(Error::Database { path: database.into(), problem: format!("check ended with {status}: {problem}") }),
    }
}

/// A child process that does not outlive its owner.
struct Running(Child);

impl Running {
    async fn ended(&mut self) -> std::io::Result<ExitStatus> {
        loop {
            if let Some(status) = self.0.try_wait()? {
                return Ok(status);
            }
            time::sleep(POLL).await;
        }
    }

    /// The text on standard error, which is shorter than a pipe's buffer. Called once the child has ended, so the pipe
    /// holds all of it. The pipe's end is not awaited: a process that the application forked meanwhile may keep it
    /// open.
    fn stderr_text(&mut self) -> String {
        let mut text = Vec::new();
        if let Some(stderr) = &mut self.0.stderr {
            let _ = fcntl(&*stderr, FcntlArg::F_SETFL(OFlag::O_NONBLOCK));
            let _ = stderr.take(64 << 10).read_to_end(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail if the child was waited for already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{fs, os::unix::fs::PermissionsExt, time::Instant};

    use super::*;

    #[tokio::test]
    async fn a_check_ends_although_another_process_holds_its_output_open() {
        let dir = tempfile::tempdir().unwrap();
        let executable = dir.path().join("litestream");
        fs::write(&executable, "#!/bin/sh\nsleep 15 &\necho 'Error: no such file' >&2\nexit 1\n").unwrap();
        fs::set_permissions(&executable, fs::Permissions::from_mode(0o755)).unwrap();
        let began = Instant::now();
        let checked = ExecutableChecker { executable }.check(Path::new("/copy"), IntegrityCheck::Quick).await;
        assert!(checked.unwrap_err().to_string().contains("no such file"));
        assert!(began.elapsed() < Duration::from_secs(10), "it waited for the other process");
    }
}
