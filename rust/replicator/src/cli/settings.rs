//! Shared by the commands: the configuration file, and the database or replica that an argument names.

use std::{
    env,
    path::{Path, PathBuf},
};

use clap::Args;
use litestream_core::{
    Error, Result,
    config::{
        self, Config, DatabaseConfig, Location, OFFICIAL_SOCKET, Source, load, path::absolute,
        variables::process_variables,
    },
    replica::Replica,
};

const DEFAULT_CONFIG: &str = "/etc/litestream.yml";

/// Flags that every command takes.
#[derive(Args)]
pub(crate) struct ConfigArguments {
    /// The configuration file [default: $LITESTREAM_CONFIG, else /etc/litestream.yml]
    #[arg(long, global = true, value_name = "PATH")]
    config: Option<PathBuf>,
    /// Take $VARIABLES in the configuration file literally
    #[arg(long, global = true)]
    no_expand_env: bool,
    /// Instead of what the configuration file says
    #[arg(long, global = true, value_name = "LEVEL", value_parser = ["trace", "debug", "info", "warn", "error"])]
    pub(crate) log_level: Option<String>,
}

/// A database with its replica.
pub(crate) struct Subject {
    /// `None` where only a replica's URL was given.
    pub(crate) path: Option<PathBuf>,
    pub(crate) database: DatabaseConfig,
    pub(crate) replica: Replica,
}

impl ConfigArguments {
    pub(crate) fn config(&self) -> Result<Config> {
        let path = self.config_path();
        load(&path, &self.source(path.display().to_string())?)
    }

    pub(crate) fn config_path(&self) -> PathBuf {
        let from_environment = || env::var_os("LITESTREAM_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from);
        self.config.clone().or_else(from_environment).unwrap_or_else(|| DEFAULT_CONFIG.into())
    }

    pub(crate) fn source(&self, name: String) -> Result<Source> {
        let source = Source::new(name, working_directory()?, process_variables());
        Ok(Source { expand: !self.no_expand_env, ..source })
    }

    /// A path names a database of the configuration file; a URL names a replica and needs no file.
    pub(crate) fn subject(&self, argument: &str) -> Result<Subject> {
        let (path, database) = if is_url(argument) {
            (None, self.at_url("database", argument)?)
        } else {
            let database = self.database(Path::new(argument))?;
            (Some(database.path.clone()), database)
        };
        Ok(Subject { path, replica: Replica::open(&database.replica)?, database })
    }

    fn database(&self, path: &Path) -> Result<DatabaseConfig> {
        let path = database_path(path)?;
        let found = self.config()?.databases.into_iter().find(|database| database.path == path);
        found.ok_or_else(|| {
            let problem = format!("{} does not list it", self.config_path().display());
            Error::Config { place: format!("database {}", path.display()), problem }
        })
    }

    /// A database that is configured by nothing but the URL of its replica and the environment.
    pub(crate) fn at_url(&self, path: &str, url: &str) -> Result<DatabaseConfig> {
        config::at_url(path, url, &self.source("replica".into())?)
    }

    /// `-socket`, else what the configuration file says, else where official Litestream has it.
    pub(crate) fn socket(&self, given: Option<PathBuf>) -> PathBuf {
        let configured = || self.config().ok().and_then(|config| config.socket);
        given.or_else(configured).unwrap_or_else(|| OFFICIAL_SOCKET.into())
    }
}

pub(crate) fn is_url(argument: &str) -> bool {
    argument.contains("://")
}

/// As the configuration file and the control socket name it.
pub(crate) fn database_path(path: &Path) -> Result<PathBuf> {
    Ok(absolute(path, &working_directory()?))
}

fn working_directory() -> Result<PathBuf> {
    env::current_dir().map_err(Error::io("find", "working directory"))
}

/// `s3` or `file`, as official Litestream calls them.
pub(crate) fn kind(database: &DatabaseConfig) -> &'static str {
    match database.replica.location {
        Location::S3(_) => "s3",
        Location::File { .. } => "file",
    }
}
