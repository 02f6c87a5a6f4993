//! The variables that configure a replica: the required ones, the defaults, and the origin of each value.

use std::collections::BTreeMap;

use crate::{Error, Result, secret::Secret, store::DEFAULT_REGION};

/// Name, `s3://` URL or access point ARN of the bucket; required.
pub const BUCKET: &str = "LITESTREAM_REPLICA_BUCKET";
/// Id of the S3 access key; required.
pub const ACCESS_KEY_ID: &str = "LITESTREAM_ACCESS_KEY_ID";
/// Secret of the S3 access key; required, and never logged.
pub const SECRET_ACCESS_KEY: &str = "LITESTREAM_SECRET_ACCESS_KEY";
/// Region of the bucket; [`DEFAULT_REGION`] when unset.
pub const REGION: &str = "LITESTREAM_REPLICA_REGION";
/// Address of an S3-compatible server; Amazon S3 when unset.
pub const ENDPOINT: &str = "LITESTREAM_REPLICA_ENDPOINT";

/// The folder of the official binary, for `engine: litestream`.
pub const INSTALL_DIR: &str = "LITESTREAM_INSTALL_DIR";

/// Environment variables by name: a copy, so that all decisions see the same values.
pub type Variables = BTreeMap<String, String>;

/// The process environment, without values that are not Unicode.
pub fn process_variables() -> Variables {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Values set in the application itself (`config.litestream.replica_bucket` …), which win over the environment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explicit {
    /// Replaces [`BUCKET`].
    pub bucket: Option<String>,
    /// Replaces [`ACCESS_KEY_ID`].
    pub access_key_id: Option<String>,
    /// Replaces [`SECRET_ACCESS_KEY`].
    pub secret_access_key: Option<Secret>,
    /// Replaces [`REGION`].
    pub region: Option<String>,
    /// Replaces [`ENDPOINT`].
    pub endpoint: Option<String>,
}

/// The origin of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Set in the application: `config.litestream`.
    Explicit,
    /// Read from the process environment.
    Environment,
    /// Set in neither, and replaced by our default.
    Default,
    /// No origin: blank or unset, and without a default.
    Missing,
}

impl Origin {
    /// The word for reports and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Explicit => "config.litestream",
            Origin::Environment => "environment",
            Origin::Default => "default",
            Origin::Missing => "missing",
        }
    }
}

/// One line of [`Environment::report`]; never holds the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VariableReport {
    /// Name of the environment variable.
    pub name: &'static str,
    /// True if replication cannot start without it.
    pub required: bool,
    /// Place that the value was taken from.
    pub origin: Origin,
}

impl VariableReport {
    /// True for a value from the application or the environment, false for a default.
    pub fn is_set(&self) -> bool {
        matches!(self.origin, Origin::Explicit | Origin::Environment)
    }
}

/// The resolved variables. Precedence: an explicit value, then the environment, then the default. Blank is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Environment {
    bucket: Resolved,
    access_key_id: Resolved,
    secret_access_key: Resolved,
    region: Resolved,
    endpoint: Resolved,
}

#[derive(Clone, Debug, PartialEq)]
struct Resolved {
    name: &'static str,
    required: bool,
    origin: Origin,
    /// A secret for every variable: a mistyped bucket URL may contain credentials.
    value: Option<Secret>,
}

impl Environment {
    /// Decides on each value once; later changes of the environment have no effect.
    pub fn resolve(explicit: &Explicit, variables: &Variables) -> Environment {
        let pick = |name, explicit: Option<&str>, default| Resolved::pick(name, explicit, variables, default);
        let secret = explicit.secret_access_key.as_ref().map(Secret::reveal);
        Environment {
            bucket: pick(BUCKET, explicit.bucket.as_deref(), None).required(),
            access_key_id: pick(ACCESS_KEY_ID, explicit.access_key_id.as_deref(), None).required(),
            secret_access_key: pick(SECRET_ACCESS_KEY, secret, None).required(),
            region: pick(REGION, explicit.region.as_deref(), Some(DEFAULT_REGION)),
            endpoint: pick(ENDPOINT, explicit.endpoint.as_deref(), None),
        }
    }

    /// Trimmed text of [`BUCKET`], not yet parsed as a URL or ARN.
    pub fn bucket(&self) -> Option<&str> {
        self.bucket.reveal()
    }

    /// `None` if unset, for example with an instance role.
    pub fn access_key_id(&self) -> Option<&str> {
        self.access_key_id.reveal()
    }

    /// `None` if unset. Its `Debug` shows nothing.
    pub fn secret_access_key(&self) -> Option<&Secret> {
        self.secret_access_key.value.as_ref()
    }

    /// `None` where only the default applies, so that a bucket's URL can name another.
    pub fn region(&self) -> Option<&str> {
        self.region.reveal().filter(|_| self.region.origin != Origin::Default)
    }

    /// `None` for Amazon S3.
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.reveal()
    }

    /// Required variables without a value, in the order of the documentation.
    pub fn missing(&self) -> Vec<&'static str> {
        let missing = |resolved: &&Resolved| resolved.required && resolved.origin == Origin::Missing;
        self.all().into_iter().filter(missing).map(|resolved| resolved.name).collect()
    }

    /// The origin of every variable, in the order of the documentation.
    pub fn report(&self) -> Vec<VariableReport> {
        let line = |resolved: &Resolved| VariableReport {
            name: resolved.name,
            required: resolved.required,
            origin: resolved.origin,
        };
        self.all().into_iter().map(line).collect()
    }

    /// One error that names every missing variable.
    pub fn require(&self) -> Result<()> {
        match self.missing() {
            names if names.is_empty() => Ok(()),
            names => Err(Error::MissingEnvironment { names }),
        }
    }

    /// `variables` with the resolved values (not the defaults) filled in, to expand a configuration file. So its
    /// `$LITESTREAM_REPLICA_BUCKET` means an explicit bucket too.
    pub fn overlay(&self, variables: &Variables) -> Variables {
        let mut overlaid = variables.clone();
        for resolved in self.all() {
            match resolved.reveal().filter(|_| resolved.origin != Origin::Default) {
                Some(value) => overlaid.insert(resolved.name.to_owned(), value.to_owned()),
                None => overlaid.remove(resolved.name),
            };
        }
        overlaid
    }

    fn all(&self) -> [&Resolved; 5] {
        [&self.bucket, &self.access_key_id, &self.secret_access_key, &self.region, &self.endpoint]
    }
}

impl Resolved {
    fn pick(name: &'static str, explicit: Option<&str>, variables: &Variables, default: Option<&str>) -> Resolved {
        let candidates = [
            (Origin::Explicit, explicit),
            (Origin::Environment, variables.get(name).map(String::as_str)),
            (Origin::Default, default),
        ];
        let found = candidates.into_iter().find_map(|(origin, value)| Some((origin, present(value)?)));
        let (origin, value) = match found {
            Some((origin, value)) => (origin, Some(Secret::new(value))),
            None => (Origin::Missing, None),
        };
        Resolved { name, required: false, origin, value }
    }

    fn required(self) -> Resolved {
        Resolved { required: true, ..self }
    }

    fn reveal(&self) -> Option<&str> {
        self.value.as_ref().map(Secret::reveal)
    }
}

/// The trimmed value, unless nothing remains: a stray newline from a secrets file is not part of it.
fn present(value: Option<&str>) -> Option<&str> {
    value.map(str::trim).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests;
