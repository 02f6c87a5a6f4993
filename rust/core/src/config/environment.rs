//! The configuration that needs no file: every database into the bucket that the environment names.

use std::path::{Path, PathBuf};

use super::{
    Config, DatabaseConfig, Location, ReplicaConfig,
    location::{self, Below},
    path::absolute,
    scope::Scope,
    source::Source,
    tree::Fields,
};
use crate::{
    Result,
    env::{Environment, Variables},
};

/// One replica per database, below the bucket's own prefix: at the database's path from `root` where it lies there
/// (`storage/production.sqlite3`), else at its file name. So the replica stays where it is when the application moves.
pub fn from_environment(
    environment: &Environment,
    databases: &[PathBuf],
    root: &Path,
    socket: Option<PathBuf>,
) -> Result<Config> {
    environment.require()?;
    let source = Source::new("environment", root, environment.overlay(&Variables::new()));
    let fields = Fields::default();
    let top = Scope::top(&source, &fields);
    let database = |path: &PathBuf| {
        let path = absolute(path, root);
        let below = path.strip_prefix(root).ok().map(Path::to_owned).or(path.file_name().map(PathBuf::from));
        let location = Location::S3(location::s3(&top, None, &Below(below))?);
        Ok(DatabaseConfig::new(path, ReplicaConfig::new(location)))
    };
    let databases = databases.iter().map(database).collect::<Result<Vec<_>>>()?;
    super::database::refuse_overlap(databases.iter().map(|database| ("databases", database)), &source.name)?;
    Ok(Config::new(databases, socket))
}
