//! Turns the elements of `dbs` into databases: lists directories, locates replicas, rejects duplicates.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    directory,
    entries::{ConfigFile, DatabaseEntry},
    findings::Findings,
    reader::join,
};
use crate::config::{
    location::{Below, locate, settings::ReplicaSettings},
    problem::Problem,
    source::Source,
    types::{DatabaseConfig, ReplicaConfig},
};

/// Every database of the file. An element with a mistake, found before or here, is left out.
pub(super) fn resolve(file: &ConfigFile, source: &Source, findings: &mut Findings) -> Vec<DatabaseConfig> {
    let mut claims = Claims::default();
    let mut databases = Vec::new();
    for (index, entry) in file.databases.iter().enumerate() {
        let path = format!("dbs[{index}]");
        if !findings.is_sound(&path) {
            continue;
        }
        match each(entry, source) {
            Err(problem) => findings.mistake(join(&path, &problem.key), problem.text),
            Ok(found) => {
                for database in found {
                    if let Err(problem) = claims.take(&path, &database) {
                        findings.mistake(join(&path, &problem.key), problem.text);
                    }
                    databases.push(database);
                }
            }
        }
    }
    databases
}

fn each(entry: &DatabaseEntry, source: &Source) -> Result<Vec<DatabaseConfig>, Problem> {
    let places = places(entry)?;
    let (prefix, replica) = only_replica(entry)?;
    let database = |DatabaseFile { path, meta_path, below }: DatabaseFile| {
        let location = locate(replica, source, &below).map_err(|problem| problem.inside(prefix))?;
        let replica =
            ReplicaConfig { location, sync_interval: replica.sync_interval, official: replica.official.clone() };
        let meta_path = meta_path.unwrap_or_else(|| DatabaseConfig::default_meta_path(&path));
        Ok(DatabaseConfig { path, meta_path, replica, ..entry.settings.clone() })
    };
    places.into_iter().map(database).collect()
}

/// One database file of an element.
struct DatabaseFile {
    path: PathBuf,
    meta_path: Option<PathBuf>,
    /// The path below `dir`, which keeps replicas apart.
    below: Below,
}

fn places(entry: &DatabaseEntry) -> Result<Vec<DatabaseFile>, Problem> {
    match (&entry.path, &entry.dir) {
        (Some(_), Some(_)) => Err(Problem::new("dir", "cannot be combined with path; use one of them")),
        (None, None) => Err(Problem::new("path", "missing")),
        (Some(path), None) => {
            let of_dir = [
                ("pattern", entry.pattern.is_some()),
                ("recursive", entry.recursive.is_some()),
                ("meta-dir", entry.meta_dir.is_some()),
            ];
            match of_dir.into_iter().find(|(_, is_set)| *is_set) {
                Some((key, _)) => Err(Problem::new(key, "is for dir, not for path")),
                None => {
                    let (path, meta_path) = (path.clone(), entry.meta_path.clone());
                    Ok(vec![DatabaseFile { path, meta_path, below: Below::default() }])
                }
            }
        }
        (None, Some(dir)) => in_directory(entry, dir),
    }
}

fn in_directory(entry: &DatabaseEntry, dir: &Path) -> Result<Vec<DatabaseFile>, Problem> {
    let pattern = entry.pattern.as_ref().ok_or_else(|| Problem::new("pattern", "missing; dir needs one"))?;
    let files = directory::databases(dir, pattern, entry.recursive.unwrap_or(false))
        .map_err(|error| Problem::new("dir", format!("{} cannot be listed: {error}", dir.display())))?;
    if files.is_empty() {
        return Err(Problem::new("dir", format!("no file in {} matches {pattern}", dir.display())));
    }
    if entry.meta_dir.is_some() && entry.meta_path.is_some() {
        return Err(Problem::new("meta-dir", "cannot be combined with meta-path; use one of them"));
    }
    let meta = entry.meta_dir.as_ref().or(entry.meta_path.as_ref());
    let place = |relative: PathBuf| DatabaseFile {
        path: dir.join(&relative),
        meta_path: meta.map(|meta| DatabaseConfig::default_meta_path(&meta.join(&relative))),
        below: Below(Some(relative)),
    };
    Ok(files.into_iter().map(place).collect())
}

/// v0.5 has `replica`, v0.3 a list; either way there must be exactly one.
fn only_replica(entry: &DatabaseEntry) -> Result<(&'static str, &ReplicaSettings), Problem> {
    match (&entry.replica, entry.replicas.as_slice()) {
        (Some(replica), []) => Ok(("replica", replica)),
        (None, [replica]) => Ok(("replicas[0]", replica)),
        (None, []) => Err(Problem::new("replica", "missing")),
        (Some(_), _) => Err(Problem::new("replicas", "cannot be combined with replica; keep one of them")),
        (None, many) => Err(Problem::new(
            "replicas",
            format!("lists {}; a database has one replica since Litestream v0.5, so keep one", many.len()),
        )),
    }
}

/// Paths and replicas in use: two databases must share neither file, local state nor replica.
#[derive(Default)]
pub(in crate::config) struct Claims(BTreeMap<String, String>);

impl Claims {
    /// `owner`: the name of the database in errors.
    pub(in crate::config) fn take(&mut self, owner: &str, database: &DatabaseConfig) -> Result<(), Problem> {
        let claims = [
            ("path", format!("database {}", database.path.display())),
            ("meta-path", format!("meta-path {}", database.meta_path.display())),
            ("replica", format!("replica {}", database.replica.location)),
        ];
        for (key, claim) in claims {
            if let Some(other) = self.0.insert(claim.clone(), owner.to_owned()) {
                return Err(Problem::new(key, format!("{other} has the same {claim}")));
            }
        }
        Ok(())
    }
}
