//! Settings without a file: the environment names bucket and credentials.

use std::path::{Path, PathBuf};

use super::{
    file::Claims,
    location::{Below, Location, locate, s3, settings::ReplicaSettings},
    path::absolute,
    problem::Problem,
    source::Source,
    types::{Config, DatabaseConfig, ReplicaConfig},
    variables::{Environment, Variables},
};
use crate::{Error, Result};

/// One replica per database, below the bucket's own prefix. Its path is the database's path relative to `root`
/// (`storage/production.sqlite3`), or the file name of a database elsewhere. So a moved application keeps its
/// replicas.
pub fn from_environment(
    environment: &Environment,
    databases: &[PathBuf],
    root: &Path,
    socket: Option<PathBuf>,
) -> Result<Config> {
    environment.require()?;
    let variables = environment.overlay(&Variables::new());
    let mut claims = Claims::default();
    let database = |path: &PathBuf| {
        let path = absolute(path, root);
        let below = path.strip_prefix(root).ok().map(Path::to_owned).or(path.file_name().map(PathBuf::from));
        let location = Location::S3(s3(&ReplicaSettings::default(), &variables, &Below(below))?);
        let database = DatabaseConfig::new(path, ReplicaConfig::new(location));
        claims.take("another database", &database)?;
        Ok(database)
    };
    let databases = databases.iter().map(database).collect::<Result<Vec<_>, Problem>>();
    Ok(Config::new(databases.map_err(refuse("environment"))?, socket))
}

/// A database whose replica is at a URL; the environment supplies the other settings.
pub fn at_url(path: impl Into<PathBuf>, url: &str, source: &Source) -> Result<DatabaseConfig> {
    let settings = ReplicaSettings { url: Some(url.to_owned()), ..ReplicaSettings::default() };
    let location = locate(&settings, source, &Below::default()).map_err(refuse(&source.name))?;
    Ok(DatabaseConfig::new(absolute(path.into(), &source.directory), ReplicaConfig::new(location)))
}

fn refuse(name: &str) -> impl Fn(Problem) -> Error {
    move |Problem { key, text }| Error::Config { place: format!("{name}: {key}"), problem: text }
}
