//! Running official Litestream. It sees none of this process's environment but the path: an AWS
//! variable or a proxy of the machine must not decide a test (0.5.17 will not even start with
//! `AWS_CA_BUNDLE`).

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::binary;
use super::settings::Settings;

/// An official executable of one version.
#[derive(Debug, Clone)]
pub struct Official {
    version: String,
    path: PathBuf,
}

/// The state to restore.
#[derive(Debug, Clone)]
pub enum Target {
    /// Everything there is.
    Latest,
    /// A TXID, 16 hex digits (0.5 only).
    Txid(String),
    /// A time as RFC 3339.
    Time(String),
}

impl Official {
    /// Like [`binary`]: `None` means that the test is skipped.
    pub fn find(version: &str) -> Option<Self> {
        binary(version).map(|path| Self { version: version.into(), path })
    }

    /// Another executable with the command line of this version: ours.
    pub fn at(path: impl Into<PathBuf>, version: &str) -> Self {
        Self { version: version.into(), path: path.into() }
    }

    /// Its version, for example `0.5.17`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Replicates until the result is stopped or dropped. Returns once it has begun, so that it hears
    /// signals.
    ///
    /// # Errors
    /// It can't be started, or said nothing for ten seconds.
    pub fn replicate(&self, settings: &Settings) -> io::Result<Replication> {
        let folder = self.folder(settings)?;
        let log = folder.path().join("log");
        let out = File::create(&log)?;
        let child = self.command(&folder, "replicate").stdout(out.try_clone()?).stderr(out).spawn()?;
        let replication = Replication { child, log, _folder: folder };
        let end = Instant::now() + Duration::from_secs(10);
        while replication.log().is_empty() {
            if Instant::now() >= end {
                return Err(replication.failed("said nothing"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(replication)
    }

    /// Restores the database of `settings` into `output`. `Ok` and `Err` both hold what it printed.
    pub fn restore(&self, settings: &Settings, target: &Target, output: &Path) -> Result<String, String> {
        let mut arguments = vec!["-o".into(), output.to_string_lossy().into_owned()];
        match target {
            Target::Latest => {}
            Target::Txid(txid) => arguments.extend(["-txid".into(), txid.clone()]),
            Target::Time(time) => arguments.extend(["-timestamp".into(), time.clone()]),
        }
        arguments.push(settings.database_path().to_string_lossy().into_owned());
        self.run(settings, "restore", &arguments)
    }

    /// Runs any subcommand that takes `-config`; `arguments` follow it. `Ok` and `Err` both hold what
    /// it printed.
    pub fn run(&self, settings: &Settings, subcommand: &str, arguments: &[String]) -> Result<String, String> {
        let folder = self.folder(settings).map_err(|error| error.to_string())?;
        finish(self.command(&folder, subcommand).args(arguments))
    }

    /// Runs a subcommand that asks the replicator at a control socket. `Ok` and `Err` both hold what it
    /// printed.
    pub fn ask(&self, socket: &Path, subcommand: &str, arguments: &[&str]) -> Result<String, String> {
        finish(Command::new(&self.path).env_clear().arg(subcommand).arg("-socket").arg(socket).args(arguments))
    }

    /// A folder with the configuration in it, which also is the home of the process.
    fn folder(&self, settings: &Settings) -> io::Result<TempDir> {
        let folder = tempfile::Builder::new().prefix("official-litestream-").tempdir()?;
        std::fs::write(folder.path().join("litestream.yml"), settings.render(&self.version))?;
        Ok(folder)
    }

    fn command(&self, folder: &TempDir, subcommand: &str) -> Command {
        let mut command = Command::new(&self.path);
        command.env_clear().env("HOME", folder.path());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.arg(subcommand).arg("-config").arg(folder.path().join("litestream.yml"));
        command
    }
}

fn finish(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(text.into_owned()) } else { Err(text.into_owned()) }
}

/// A running `litestream replicate`; killed when dropped.
pub struct Replication {
    child: Child,
    log: PathBuf,
    _folder: TempDir,
}

impl Replication {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The output so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Asks it to end, which makes it sync a last time, and waits for the end. Returns its log.
    ///
    /// # Errors
    /// It did not end in good order within `limit`, or had ended before; the error holds the log.
    pub fn stop(mut self, limit: Duration) -> io::Result<String> {
        if let Some(status) = self.child.try_wait()? {
            return Err(self.failed(&format!("ended before it was stopped: {status}")));
        }
        let pid = i32::try_from(self.child.id()).map_err(io::Error::other)?;
        kill(Pid::from_raw(pid), Signal::SIGINT)?;
        match self.wait(limit)? {
            Some(status) if status.success() => Ok(self.log()),
            // A sync that the signal interrupts makes 0.3.13 end with status 1.
            Some(status) if status.code().is_some() && self.log().contains("litestream shut down") => Ok(self.log()),
            Some(status) => Err(self.failed(&format!("ended with {status}"))),
            None => Err(self.failed(&format!("did not end within {limit:?}"))),
        }
    }

    /// Ends it with SIGKILL, as a crash would.
    pub fn kill(self) {
        drop(self);
    }

    fn wait(&mut self, limit: Duration) -> io::Result<Option<ExitStatus>> {
        let end = Instant::now() + limit;
        loop {
            let status = self.child.try_wait()?;
            if status.is_some() || Instant::now() >= end {
                return Ok(status);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn failed(&self, what: &str) -> io::Error {
        io::Error::other(format!("replicate {what}; its log:\n{}", self.log()))
    }
}

impl Drop for Replication {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
