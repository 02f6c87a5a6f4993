//! Resolves the settings of a replica to its location.

use super::{below::Below, place::Location, s3::s3, settings::ReplicaSettings};
use crate::config::{problem::Problem, source::Source};

/// Errors name the key, and never its value.
pub(in crate::config) fn locate(
    replica: &ReplicaSettings,
    source: &Source,
    below: &Below,
) -> Result<Location, Problem> {
    let scheme = replica.url.as_ref().map(|url| url.split_once("://").map_or("", |(scheme, _)| scheme));
    let (key, kind) = match (scheme, &replica.kind) {
        (Some(scheme), _) => ("url", scheme.to_ascii_lowercase()),
        (None, Some(kind)) => ("type", kind.clone()),
        (None, None) if replica.bucket.is_some() => ("type", "s3".into()),
        (None, None) => ("type", "file".into()),
    };
    match kind.as_str() {
        "s3" => s3(replica, &source.variables, below).map(Location::S3),
        "file" => file(replica, source, below),
        kind @ ("abs" | "gs" | "gcs" | "nats" | "oss" | "sftp" | "webdav" | "webdavs") => {
            Err(Problem::new(key, format!("replicas of type {kind} are not supported; use s3 or file")))
        }
        _ if key == "url" => Err(Problem::new(key, "must begin with s3:// or file://")),
        _ => Err(Problem::new(key, "must be s3 or file")),
    }
}

fn file(replica: &ReplicaSettings, source: &Source, below: &Below) -> Result<Location, Problem> {
    let (key, path) = match (&replica.url, &replica.path) {
        (Some(_), Some(_)) => return Err(Problem::new("path", "cannot be combined with url; use one of them")),
        (Some(url), None) => ("url", url.split_once("://").map_or(url.as_str(), |(_, path)| path)),
        (None, Some(path)) if path.contains("://") => {
            return Err(Problem::new("path", "is a URL; give it as url instead"));
        }
        (None, Some(path)) => ("path", path.as_str()),
        (None, None) => return Err(Problem::new("path", "missing")),
    };
    if path.is_empty() {
        return Err(Problem::new(key, "is not the path of a directory"));
    }
    let mut path = source.absolute(path).map_err(|problem| Problem::new(key, problem))?;
    path.extend(&below.0);
    Ok(Location::File { path })
}
