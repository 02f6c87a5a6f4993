//! Where one replica lies: a bucket or a directory.

use std::path::PathBuf;

use super::{Credentials, DEFAULT_CONCURRENCY, DEFAULT_PART_SIZE, Location, S3Config, Secret, s3_url, scope::Scope};
use crate::{
    Result,
    env::{DEFAULT_REGION, Environment, Explicit},
};

/// S3's own lower limit for a part that is not the last.
const SMALLEST_PART: u64 = 5 << 20;

/// The path of a database below its `dir`, which is added to the replica's path.
#[derive(Clone, Debug, Default)]
pub(super) struct Below(pub(super) Option<PathBuf>);

impl Below {
    fn join(&self, path: &str) -> String {
        match &self.0 {
            None => path.to_owned(),
            Some(below) => join(path, &below.to_string_lossy()),
        }
    }
}

pub(super) fn location(replica: &Scope, below: &Below) -> Result<Location> {
    let url = replica.own_text("url");
    let scheme = url.map(|url| url.split_once("://").map_or("", |(scheme, _)| scheme).to_ascii_lowercase());
    let kind = match (&scheme, replica.own_text("type")) {
        (Some(scheme), _) => scheme.as_str(),
        (None, Some(kind)) => kind,
        (None, None) if replica.own_text("bucket").is_some() => "s3",
        (None, None) => "file",
    };
    match kind {
        "s3" => s3(replica, url, below).map(Location::S3),
        "file" => file(replica, url, below),
        "" => Err(replica.error("url", "must begin with s3:// or file://")),
        kind @ ("abs" | "gs" | "gcs" | "nats" | "oss" | "sftp" | "webdav" | "webdavs") => {
            let key = if url.is_some() { "url" } else { "type" };
            Err(replica.error(key, format!("replicas of type {kind} are not supported; use s3 or file")))
        }
        _ if url.is_some() => Err(replica.error("url", "must begin with s3:// or file://")),
        other => Err(replica.error("type", format!("{other:?} is none of s3, file"))),
    }
}

fn file(replica: &Scope, url: Option<&str>, below: &Below) -> Result<Location> {
    let (key, path) = match (url, replica.own_text("path")) {
        (Some(_), Some(_)) => return Err(replica.error("path", "cannot stand beside url; use one of them")),
        (Some(url), None) => ("url", url.split_once("://").map_or(url, |(_, path)| path)),
        (None, Some(path)) if path.contains("://") => {
            return Err(replica.error("path", "is a URL; give it as url instead"));
        }
        (None, Some(path)) => ("path", path),
        (None, None) => return Err(replica.error("path", "missing")),
    };
    if path.is_empty() {
        return Err(replica.error(key, "names no directory"));
    }
    let mut path = replica.expand(key, path)?;
    path.extend(&below.0);
    Ok(Location::File { path })
}

pub(super) fn s3(replica: &Scope, url: Option<&str>, below: &Below) -> Result<S3Config> {
    let environment = Environment::resolve(&Explicit::default(), &replica.source.variables);
    let (key, text) = address_text(replica, url, &environment)?;
    let address = s3_url::parse(text).map_err(replica.locate(key))?;
    let path = match replica.own_text("path") {
        Some(path) => join_kept(address.prefix(), path),
        None => address.path.clone(),
    };
    // A variable about the server belongs to the bucket that a variable names; against another bucket's own URL it
    // only fills in.
    let variables_first = environment.bucket() == Some(text);
    let prefer = |variable: Option<String>, url: Option<String>| {
        if variables_first { variable.or(url) } else { url.or(variable) }
    };
    let named = replica.text("endpoint").map(|endpoint| s3_url::endpoint(endpoint).map_err(replica.locate("endpoint")));
    let variable = environment.endpoint().map(s3_url::endpoint).transpose()?;
    let endpoint = named.transpose()?.or_else(|| prefer(variable, address.endpoint.clone()));
    let region = replica.text("region").map(str::to_owned);
    let region = region.or_else(|| prefer(environment.region().map(str::to_owned), address.region.clone()));
    // Only AWS has a host for each bucket; another server does where its URL form says so.
    let path_style = match (&endpoint, &address.endpoint) {
        (None, _) => address.force_path_style.unwrap_or(false),
        (Some(_), None) => true,
        (Some(chosen), Some(of_url)) => chosen != of_url || address.force_path_style.unwrap_or(true),
    };
    Ok(S3Config {
        bucket: address.bucket,
        path: below.join(&path),
        region: region.unwrap_or_else(|| DEFAULT_REGION.into()),
        endpoint,
        force_path_style: replica.switch("force-path-style").unwrap_or(path_style),
        skip_verify: replica.switch("skip-verify").or(address.skip_verify).unwrap_or(false),
        credentials: credentials(replica, &environment)?,
        part_size: part_size(replica, address.part_size)?,
        concurrency: concurrency(replica, address.concurrency)?,
        storage_class: replica.text("storage-class").map(str::to_owned).or(address.storage_class),
    })
}

/// The bucket as it was written, and the key it was written under.
fn address_text<'a>(
    replica: &Scope<'a>,
    url: Option<&'a str>,
    environment: &'a Environment,
) -> Result<(&'static str, &'a str)> {
    if let Some(url) = url {
        for key in ["path", "bucket"] {
            if replica.own_text(key).is_some() {
                return Err(replica.error(key, "cannot stand beside url; use one of them"));
            }
        }
        return Ok(("url", url));
    }
    if replica.own_text("path").is_some_and(|path| path.contains("://")) {
        return Err(replica.error("path", "is a URL; give it as url instead"));
    }
    let bucket = replica.text("bucket").or(environment.bucket());
    Ok(("bucket", bucket.ok_or_else(|| replica.error("bucket", "missing"))?))
}

fn credentials(replica: &Scope, environment: &Environment) -> Result<Option<Credentials>> {
    let id = replica.text("access-key-id").or(environment.access_key_id());
    let secret = replica.text("secret-access-key").map(Secret::new).or(environment.secret_access_key().cloned());
    match (id, secret) {
        (Some(id), Some(secret_access_key)) => {
            Ok(Some(Credentials { access_key_id: id.to_owned(), secret_access_key }))
        }
        (None, None) => Ok(None),
        (Some(_), None) => Err(replica.error("secret-access-key", "missing; there is only an access-key-id")),
        (None, Some(_)) => Err(replica.error("access-key-id", "missing; there is only a secret-access-key")),
    }
}

fn part_size(replica: &Scope, of_url: Option<u64>) -> Result<u64> {
    match replica.size("part-size").or(of_url).unwrap_or(DEFAULT_PART_SIZE) {
        bytes if bytes < SMALLEST_PART => Err(replica.error("part-size", "must be at least 5MiB")),
        bytes => Ok(bytes),
    }
}

fn concurrency(replica: &Scope, of_url: Option<usize>) -> Result<usize> {
    let number = match replica.count("concurrency") {
        Some(count) => usize::try_from(count).unwrap_or(0),
        None => of_url.unwrap_or(DEFAULT_CONCURRENCY),
    };
    if number == 0 { Err(replica.error("concurrency", "must be at least 1")) } else { Ok(number) }
}

/// Two parts of a key with one slash between them.
fn join(prefix: &str, path: &str) -> String {
    let prefix = if prefix == "." { "" } else { prefix };
    match (prefix.trim_end_matches('/'), path.trim_start_matches('/')) {
        ("", path) => path.to_owned(),
        (prefix, path) => format!("{prefix}/{path}"),
    }
}

/// A `path` beside a bare bucket stays as written, odd slashes included: an existing replica's keys have them.
fn join_kept(prefix: &str, path: &str) -> String {
    if prefix.is_empty() { path.to_owned() } else { join(prefix, path) }
}
