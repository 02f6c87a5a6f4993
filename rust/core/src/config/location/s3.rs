//! A bucket from the settings of a replica, the environment, and the defaults, in this order.

use super::{
    address::S3Address,
    below::{Below, join},
    endpoint::endpoint,
    settings::ReplicaSettings,
    url,
};
use crate::{
    config::{
        problem::Problem,
        variables::{ENDPOINT, Environment, Explicit, Variables},
    },
    store::{Credentials, DEFAULT_CONCURRENCY, DEFAULT_PART_SIZE, DEFAULT_REGION, S3Config, SMALLEST_PART},
};

/// Errors name the key, and never its value.
pub(in crate::config) fn s3(
    replica: &ReplicaSettings,
    variables: &Variables,
    below: &Below,
) -> Result<S3Config, Problem> {
    let environment = Environment::resolve(&Explicit::default(), variables);
    let (key, text) = address_text(replica, &environment)?;
    let address = url::parse(text).map_err(|problem| Problem::new(key, problem))?;
    let path = match &replica.path {
        Some(path) => join_kept(address.prefix(), path),
        None => address.path.clone(),
    };
    // Server variables belong to the bucket that a variable names. For a bucket with its own URL they only fill in
    // missing parts.
    let variables_first = environment.bucket() == Some(text);
    let prefer = |variable: Option<String>, url: Option<String>| {
        if variables_first { variable.or(url) } else { url.or(variable) }
    };
    let variable = environment.endpoint().map(endpoint).transpose();
    let variable =
        variable.map_err(|problem| Problem::new("endpoint", format!("the variable {ENDPOINT}: {problem}")))?;
    let endpoint = replica.endpoint.clone().or_else(|| prefer(variable, address.endpoint.clone()));
    let region = replica.region.clone();
    let region = region.or_else(|| prefer(environment.region().map(str::to_owned), address.region.clone()));
    Ok(S3Config {
        path: below.join(&path),
        region: region.unwrap_or_else(|| DEFAULT_REGION.into()),
        force_path_style: replica.force_path_style.unwrap_or(path_style(endpoint.as_deref(), &address)),
        endpoint,
        skip_verify: replica.skip_verify.or(address.skip_verify).unwrap_or(false),
        credentials: credentials(replica, &environment)?,
        part_size: part_size(replica, &address)?,
        concurrency: match replica.concurrency {
            Some(count) => usize::try_from(count).unwrap_or(usize::MAX),
            None => address.concurrency.unwrap_or(DEFAULT_CONCURRENCY),
        },
        storage_class: replica.storage_class.clone().or(address.storage_class),
        bucket: address.bucket,
    })
}

/// Only AWS has a host for each bucket. Another server has one if its URL form implies it.
fn path_style(endpoint: Option<&str>, address: &S3Address) -> bool {
    match (endpoint, &address.endpoint) {
        (None, _) => address.force_path_style.unwrap_or(false),
        (Some(_), None) => true,
        (Some(chosen), Some(of_url)) => chosen != of_url || address.force_path_style.unwrap_or(true),
    }
}

/// The key and the text of the address.
fn address_text<'a>(
    replica: &'a ReplicaSettings,
    environment: &'a Environment,
) -> Result<(&'static str, &'a str), Problem> {
    if let Some(url) = &replica.url {
        for (key, beside) in [("path", &replica.path), ("bucket", &replica.bucket)] {
            if beside.is_some() {
                return Err(Problem::new(key, "cannot be combined with url; use one of them"));
            }
        }
        return Ok(("url", url));
    }
    if replica.path.as_ref().is_some_and(|path| path.contains("://")) {
        return Err(Problem::new("path", "is a URL; give it as url instead"));
    }
    let bucket = replica.bucket.as_deref().or(replica.default_bucket.as_deref()).or(environment.bucket());
    Ok(("bucket", bucket.ok_or_else(|| Problem::new("bucket", "missing"))?))
}

fn credentials(replica: &ReplicaSettings, environment: &Environment) -> Result<Option<Credentials>, Problem> {
    let id = replica.access_key_id.as_deref().or(environment.access_key_id());
    let secret = replica.secret_access_key.as_ref().or(environment.secret_access_key());
    match (id, secret) {
        (Some(id), Some(secret)) => {
            Ok(Some(Credentials { access_key_id: id.to_owned(), secret_access_key: secret.clone() }))
        }
        (None, None) => Ok(None),
        (Some(_), None) => Err(Problem::new("secret-access-key", "missing; there is only an access-key-id")),
        (None, Some(_)) => Err(Problem::new("access-key-id", "missing; there is only a secret-access-key")),
    }
}

fn part_size(replica: &ReplicaSettings, address: &S3Address) -> Result<u64, Problem> {
    match replica.part_size.or(address.part_size).unwrap_or(DEFAULT_PART_SIZE) {
        bytes if bytes < SMALLEST_PART => Err(Problem::new("url", "its part-size must be at least 5MiB")),
        bytes => Ok(bytes),
    }
}

/// A `path` next to a bare bucket stays as written, odd slashes included, because an existing replica's keys have
/// them.
fn join_kept(prefix: &str, path: &str) -> String {
    if prefix.is_empty() { path.to_owned() } else { join(prefix, path) }
}
