//! One executable under measurement, with its configuration and commands.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use litestream_testkit::s3::S3Server;

/// The name of ours.
pub const OURS: &str = "ours";

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Ltx,
    V3,
}

pub struct Contender {
    pub name: &'static str,
    pub format: Format,
    executable: PathBuf,
}

impl Contender {
    /// `None`, with a message, if the variable does not name an executable.
    pub fn from_env(name: &'static str, variable: &str, format: Format) -> Option<Self> {
        match env::var_os(variable).map(PathBuf::from).filter(|path| path.is_file()) {
            Some(executable) => Some(Contender { name, format, executable }),
            None => {
                println!("skipped: {name} ({variable} names no executable)");
                None
            }
        }
    }

    /// True if a finished write of this key completes the first backup.
    pub fn is_first_backup(&self, key: &str) -> bool {
        match self.format {
            Format::Ltx => key.ends_with("/0000/0000000000000001-0000000000000001.ltx"),
            Format::V3 => key.contains("/snapshots/"),
        }
    }

    /// True if this key carries new commits.
    pub fn is_increment(&self, key: &str) -> bool {
        match self.format {
            Format::Ltx => key.contains("/0000/"),
            Format::V3 => key.contains("/wal/"),
        }
    }

    /// The prefix of its keys.
    pub fn prefix(&self) -> String {
        self.name.replace(' ', "-")
    }

    /// True if it can compare a replica with the running database.
    pub fn verifies(&self) -> bool {
        self.name == OURS
    }

    /// True if it has SQLite check the restored database.
    pub fn checks(&self) -> bool {
        self.name == OURS
    }

    /// Writes the configuration for one database; returns its path.
    pub fn configure(&self, home: &Path, database: &Path, server: &S3Server) -> io::Result<PathBuf> {
        let replica = format!(
            "type: s3, bucket: bench, path: {}, endpoint: '{}', region: us-east-1, force-path-style: true, \
             access-key-id: {}, secret-access-key: {}",
            self.prefix(),
            server.endpoint(),
            server.access_key_id(),
            server.secret_access_key(),
        );
        let replica = match self.format {
            Format::Ltx => format!("replica: {{ {replica} }}"),
            Format::V3 => format!("replicas: [ {{ {replica} }} ]"),
        };
        let socket = match self.verifies() {
            true => format!("socket: {{ enabled: true, path: {} }}\n", home.join("socket").display()),
            false => String::new(),
        };
        let path = home.join("litestream.yml");
        fs::write(&path, format!("{socket}dbs:\n  - path: {}\n    {replica}\n", database.display()))?;
        Ok(path)
    }

    pub fn replicate(&self, config: &Path) -> Command {
        let mut command = self.command();
        command.args(["replicate", "-config"]).arg(config);
        command
    }

    pub fn restore(&self, config: &Path, database: &Path, output: &Path) -> Command {
        let mut command = self.command();
        command.args(["restore", "-config"]).arg(config).arg("-o").arg(output).arg(database);
        command
    }

    pub fn verify(&self, config: &Path, database: &Path) -> Command {
        let mut command = self.command();
        command.args(["verify", "-config"]).arg(config).arg(database);
        command
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.executable);
        command
            .env_clear()
            .env("HOME", "/nonexistent")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }
}
