//! The `dbs` list: each database, its settings and its one replica.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    DatabaseConfig, MaintenanceConfig, ReplicaConfig, directory,
    ignored::Ignored,
    location::{self, Below},
    schema::{DATABASE, REPLICA},
    scope::Scope,
    tree::Fields,
};
use crate::{Error, Result};

/// A database and the entry of the file it came from.
pub(super) struct Found {
    pub(super) database: DatabaseConfig,
    pub(super) entry: String,
}

pub(super) fn databases(top: &Scope, maintenance: &MaintenanceConfig, ignored: &mut Ignored) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for (index, fields) in top.sections("dbs").iter().enumerate() {
        let entry = top.inner(format!("dbs[{index}]"), fields, None);
        for place in places(&entry)? {
            let (replica_path, replica) = only_replica(&entry)?;
            // By the position after directories were listed, as the rendered file has it.
            let path = format!("dbs[{}]", found.len());
            ignored.collect(&path, fields, &DATABASE);
            ignored.collect(&format!("{path}.replica"), replica, &REPLICA);
            let replica = top.inner(replica_path, replica, Some(top.own()));
            let mut database = database(&entry, &replica, &place)?;
            database.maintenance = maintenance.clone().with_snapshots(&entry)?;
            found.push(Found { database, entry: entry.path.clone() });
        }
    }
    Ok(found)
}

/// One database file that an entry stands for.
struct Place {
    path: PathBuf,
    meta_path: Option<PathBuf>,
    /// The path below `dir`, which replicas are kept apart by.
    below: Below,
}

fn places(entry: &Scope) -> Result<Vec<Place>> {
    match (entry.own_text("path"), entry.path("dir")?) {
        (Some(_), Some(_)) => Err(entry.error("dir", "cannot stand beside path; use one of them")),
        (None, None) => Err(entry.error("path", "missing")),
        (Some(path), None) => {
            for key in ["pattern", "recursive", "meta-dir"] {
                if entry.own().get(key).is_some() {
                    return Err(entry.error(key, "goes with dir, not with path"));
                }
            }
            let path = entry.expand("path", without_scheme(path))?;
            if path.file_name().is_none() {
                return Err(entry.error("path", "names no file"));
            }
            Ok(vec![Place { path, meta_path: entry.path("meta-path")?, below: Below::default() }])
        }
        (None, Some(dir)) => in_directory(entry, &dir),
    }
}

fn in_directory(entry: &Scope, dir: &Path) -> Result<Vec<Place>> {
    let pattern = entry.own_text("pattern").ok_or_else(|| entry.error("pattern", "missing; dir needs one"))?;
    let files = directory::databases(dir, pattern, entry.switch("recursive").unwrap_or(false))?;
    if files.is_empty() {
        return Err(entry.error("dir", format!("no file in {} matches {pattern}", dir.display())));
    }
    let meta = match (entry.path("meta-dir")?, entry.path("meta-path")?) {
        (Some(_), Some(_)) => return Err(entry.error("meta-dir", "cannot stand beside meta-path; use one of them")),
        (meta_dir, meta_path) => meta_dir.or(meta_path),
    };
    let place = |relative: PathBuf| Place {
        path: dir.join(&relative),
        meta_path: meta.as_ref().map(|meta| DatabaseConfig::default_meta_path(&meta.join(&relative))),
        below: Below(Some(relative)),
    };
    Ok(files.into_iter().map(place).collect())
}

/// `sqlite:///data/app.sqlite3?mode=ro` and the like, as connection strings have them.
fn without_scheme(text: &str) -> &str {
    for scheme in ["sqlite3://", "sqlite://", "sqlite3:", "sqlite:"] {
        if let Some(path) = text.strip_prefix(scheme) {
            return path.split('?').next().unwrap_or(path);
        }
    }
    text
}

/// v0.5 has `replica`, v0.3 a list; either way there must be exactly one.
fn only_replica<'a>(entry: &Scope<'a>) -> Result<(String, &'a Fields)> {
    match (entry.section("replica"), entry.sections("replicas")) {
        (Some(replica), []) => Ok((format!("{}.replica", entry.path), replica)),
        (None, [replica]) => Ok((format!("{}.replicas[0]", entry.path), replica)),
        (None, []) => Err(entry.error("replica", "missing")),
        (Some(_), _) => Err(entry.error("replicas", "cannot stand beside replica; keep one of them")),
        (None, many) => Err(entry.error(
            "replicas",
            format!("lists {}; a database has one replica since Litestream v0.5, so keep one", many.len()),
        )),
    }
}

fn database(entry: &Scope, replica: &Scope, place: &Place) -> Result<DatabaseConfig> {
    let location = location::location(replica, &place.below)?;
    let mut config = DatabaseConfig::new(&place.path, ReplicaConfig::new(location));
    if let Some(meta_path) = &place.meta_path {
        config.meta_path = meta_path.clone();
    }
    if let Some(interval) = replica.interval("sync-interval")? {
        config.replica.sync_interval = interval;
    }
    if let Some(interval) = entry.interval("monitor-interval")? {
        config.monitor_interval = interval;
    }
    if let Some(interval) = entry.duration("checkpoint-interval") {
        config.checkpoint_interval = interval;
    }
    if let Some(timeout) = entry.duration("busy-timeout") {
        config.busy_timeout = timeout;
    }
    if let Some(pages) = entry.count("min-checkpoint-page-count") {
        let pages = u32::try_from(pages).ok().filter(|&pages| pages > 0);
        config.min_checkpoint_pages =
            pages.ok_or_else(|| entry.error("min-checkpoint-page-count", "must be between 1 and 4294967295"))?;
    }
    match entry.count("truncate-page-n") {
        // As official Litestream has it: 0 means the default, below it never.
        None | Some(0) => {}
        Some(pages) if pages < 0 => config.truncate_pages = u32::MAX,
        Some(pages) => config.truncate_pages = u32::try_from(pages).unwrap_or(u32::MAX),
    }
    match entry.size("max-sync-wal-bytes") {
        None => {}
        Some(0) => return Err(entry.error("max-sync-wal-bytes", "must be more than 0")),
        Some(bytes) => config.max_sync_wal_bytes = bytes,
    }
    config.restore_if_absent = entry.switch("restore-if-db-not-exists").unwrap_or(false);
    Ok(config)
}

/// Two databases must share neither file, local state nor replica. Each comes with what errors call its entry.
pub(super) fn refuse_overlap<'a>(
    databases: impl Iterator<Item = (&'a str, &'a DatabaseConfig)>,
    source: &str,
) -> Result<()> {
    let mut taken = BTreeMap::new();
    for (entry, database) in databases {
        let claims = [
            (format!("database {}", database.path.display()), "path"),
            (format!("meta-path {}", database.meta_path.display()), "meta-path"),
            (format!("replica {}", database.replica.location), "replica"),
        ];
        for (claim, key) in claims {
            if let Some(other) = taken.insert(claim.clone(), entry) {
                let problem = format!("{other} has the same {claim}");
                return Err(Error::Config { place: format!("{source}: {entry}.{key}"), problem });
            }
        }
    }
    Ok(())
}
