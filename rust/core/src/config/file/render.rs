//! A [`Config`] as the YAML that official Litestream and our own executable read. Secrets stay out of it (G10): the
//! text refers to variables, whose values go into the child's environment.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write,
    path::Path,
};

use serde_yaml::{Mapping, Value};

use super::{
    entries::{ConfigFile, LevelEntry, SocketEntry},
    keys::TOP,
};
use crate::{
    Error, Result,
    config::{
        location::{Location, settings::ReplicaSettings},
        types::{Config, DatabaseConfig, ReplicaConfig},
        variables::{ACCESS_KEY_ID, SECRET_ACCESS_KEY},
    },
    secret::Secret,
    store::{Credentials, S3Config},
};

/// Variable for a dollar sign, which the substitution of variables cannot escape.
const DOLLAR: &str = "LITESTREAM_DOLLAR";

/// A rendered configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// The YAML, with references to variables in place of credentials.
    pub text: String,
    /// The variables in the text, with the values that it needs: for the child's environment.
    pub variables: BTreeMap<String, Secret>,
}

impl Rendered {
    /// Replaces the file atomically; only its owner can read it.
    pub fn write(&self, file: &Path) -> Result<()> {
        let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(dir).map_err(Error::io("create", dir))?;
        // A temporary file has mode 0600 from the start.
        let mut temporary = tempfile::NamedTempFile::new_in(dir).map_err(Error::io("write", file))?;
        temporary.write_all(self.text.as_bytes()).map_err(Error::io("write", file))?;
        temporary.as_file().sync_all().map_err(Error::io("write", file))?;
        temporary.persist(file).map_err(|error| Error::io("write", file)(error.error))?;
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(Error::io("write", file))
    }
}

/// Renders a configuration. [`super::parse()`] with the variables reads back the same one.
pub fn render(config: &Config) -> Result<Rendered> {
    let mut entries = entries(config)?;
    let mut root = Value::Mapping(TOP.write(&mut entries));
    let mut variables = BTreeMap::new();
    escape("litestream.yml", &mut root, &mut variables)?;
    let mut references = References { config, variables, known: Vec::new() };
    for (database, written) in config.databases.iter().zip(databases(&mut root)) {
        if database.maintenance == config.maintenance {
            written.remove("snapshot");
        }
        if let (Location::S3(S3Config { credentials: Some(credentials), .. }), Some(Value::Mapping(replica))) =
            (&database.replica.location, written.get_mut("replica"))
        {
            let [id, secret] = references.to(credentials)?;
            replica.insert("access-key-id".into(), format!("${id}").into());
            replica.insert("secret-access-key".into(), format!("${secret}").into());
        }
    }
    let yaml = serde_yaml::to_string(&root).map_err(|error| Error::Internal(error.to_string()))?;
    let text = format!("# Written by litestream-native for its child process; changes are lost.\n{yaml}");
    Ok(Rendered { text: references.quote(text), variables: references.variables })
}

/// The same settings as entries of the file, without credentials.
fn entries(config: &Config) -> Result<ConfigFile> {
    let mut entries = ConfigFile {
        logging: config.logging.clone(),
        socket: Some(SocketEntry { enabled: Some(config.socket.is_some()), path: config.socket.clone() }),
        shutdown_sync_timeout: config.shutdown_sync_timeout,
        levels: config.maintenance.levels.iter().map(|&interval| LevelEntry { interval: Some(interval) }).collect(),
        maintenance: config.maintenance.clone(),
        official: config.official.clone(),
        ..ConfigFile::default()
    };
    if let Some(path) = &config.socket {
        check_unicode(path)?;
    }
    for database in &config.databases {
        check_unicode(&database.path)?;
        check_unicode(&database.meta_path)?;
        let replica = replica(&database.replica)?;
        let entry = entries.push_database();
        entry.path = Some(database.path.clone());
        entry.meta_path = Some(database.meta_path.clone());
        entry.settings = database.clone();
        entry.replica = Some(replica);
    }
    Ok(entries)
}

fn replica(replica: &ReplicaConfig) -> Result<ReplicaSettings> {
    let settings = ReplicaSettings {
        sync_interval: replica.sync_interval,
        official: replica.official.clone(),
        ..ReplicaSettings::default()
    };
    Ok(match &replica.location {
        Location::File { path } => {
            check_unicode(path)?;
            let path = Some(path.to_string_lossy().into_owned());
            ReplicaSettings { kind: Some("file".into()), path, ..settings }
        }
        Location::S3(s3) => ReplicaSettings {
            kind: Some("s3".into()),
            bucket: Some(s3.bucket.clone()),
            path: Some(s3.path.clone()).filter(|path| !path.is_empty()),
            region: Some(s3.region.clone()),
            endpoint: s3.endpoint.clone(),
            force_path_style: Some(s3.force_path_style),
            skip_verify: Some(s3.skip_verify),
            part_size: Some(s3.part_size),
            concurrency: Some(u32::try_from(s3.concurrency).unwrap_or(u32::MAX)),
            storage_class: s3.storage_class.clone(),
            ..settings
        },
    })
}

fn databases(root: &mut Value) -> impl Iterator<Item = &mut Mapping> {
    let list = root.get_mut("dbs").and_then(Value::as_sequence_mut).map(Vec::as_mut_slice).unwrap_or_default();
    list.iter_mut().filter_map(Value::as_mapping_mut)
}

/// Puts a variable in place of each dollar sign.
fn escape(key: &str, value: &mut Value, variables: &mut BTreeMap<String, Secret>) -> Result<()> {
    match value {
        // A line break for the writer and for official Litestream, yet not in YAML 1.2.
        Value::String(text) if text.contains(['\u{85}', '\u{2028}', '\u{2029}']) => {
            let problem = "it contains a line separator, which cannot be written to a configuration file";
            return Err(Error::Config { place: key.into(), problem: problem.into() });
        }
        Value::String(text) if text.contains('$') => {
            *text = text.replace('$', &format!("${{{DOLLAR}}}"));
            variables.insert(DOLLAR.into(), Secret::new("$"));
        }
        Value::Sequence(list) => list.iter_mut().try_for_each(|value| escape(key, value, variables))?,
        Value::Mapping(mapping) => {
            let mut entries = mapping.iter_mut();
            entries.try_for_each(|(key, value)| escape(key.as_str().unwrap_or_default(), value, variables))?;
        }
        _ => {}
    }
    Ok(())
}

/// The variables of the credentials that were rendered, first pair first.
struct References<'a> {
    config: &'a Config,
    variables: BTreeMap<String, Secret>,
    known: Vec<(&'a Credentials, [String; 2])>,
}

impl<'a> References<'a> {
    /// The variables that hold a pair; each different pair has its own.
    fn to(&mut self, credentials: &'a Credentials) -> Result<[String; 2]> {
        if let Some((_, names)) = self.known.iter().find(|(known, _)| *known == credentials) {
            return Ok(names.clone());
        }
        // The plain names apply to every replica without credentials, so they are taken only if there is none.
        let suffix = match self.known.len() {
            0 if self.config.databases.iter().all(has_credentials) => String::new(),
            known => format!("_{}", known + 1),
        };
        let names = [ACCESS_KEY_ID, SECRET_ACCESS_KEY].map(|name| format!("{name}{suffix}"));
        let values = [credentials.access_key_id.as_str(), credentials.secret_access_key.reveal()];
        for (name, value) in names.iter().zip(values) {
            self.variables.insert(name.clone(), single_quoted(name, value)?);
        }
        self.known.push((credentials, names.clone()));
        Ok(names)
    }

    /// Puts references between quotes, so that no value can end them. Every other dollar is followed by a brace.
    fn quote(&self, text: String) -> String {
        let names = self.known.iter().flat_map(|(_, names)| names);
        names.fold(text, |text, name| text.replace(&format!(": ${name}\n"), &format!(": '${name}'\n")))
    }
}

fn has_credentials(database: &DatabaseConfig) -> bool {
    !matches!(&database.replica.location, Location::S3(S3Config { credentials: None, .. }))
}

fn check_unicode(path: &Path) -> Result<()> {
    let refuse = || Error::Config {
        place: path.display().to_string(),
        problem: "a path that is not UTF-8 cannot be written to a configuration file".into(),
    };
    path.to_str().map(drop).ok_or_else(refuse)
}

/// Escapes a value for single quotes.
fn single_quoted(name: &str, value: &str) -> Result<Secret> {
    let printable =
        |c: char| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}'..='\u{ffff}');
    if !value.chars().all(printable) {
        return Err(Error::Config { place: name.into(), problem: "its value holds a control character".into() });
    }
    Ok(Secret::new(value.replace('\'', "''")))
}
