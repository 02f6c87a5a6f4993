//! The text of a `litestream.yml` into a [`Config`].

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::{
    Config, DEFAULT_SHUTDOWN_SYNC_TIMEOUT, Logging, MaintenanceConfig,
    database::{self, Found},
    expand::{Expanded, expand},
    schema::{Section, TOP, Use},
    scope::Scope,
    tree::{self, Fields},
};
use crate::{Error, Result, env::Variables};

/// Where a text came from, and what it may refer to.
#[derive(Clone, Debug)]
pub struct Source {
    /// What errors call it, such as `config/litestream.yml`.
    pub name: String,
    /// Where relative paths start: the application's root, or the working directory.
    pub directory: PathBuf,
    /// For `$VAR`, and for what the file leaves out; see [`crate::env::Environment::overlay`].
    pub variables: Variables,
    /// False for `-no-expand-env`.
    pub expand: bool,
    /// The control socket where the file says nothing about one. Official Litestream has none then.
    pub socket: Option<PathBuf>,
}

impl Source {
    pub fn new(name: impl Into<String>, directory: impl Into<PathBuf>, variables: Variables) -> Source {
        Source { name: name.into(), directory: directory.into(), variables, expand: true, socket: None }
    }
}

/// Reads and parses a file; `source.name` is only what errors call it.
pub fn load(file: &Path, source: &Source) -> Result<Config> {
    let text = fs::read_to_string(file).map_err(Error::io("read", file))?;
    parse(&text, source)
}

/// Parses the text. Errors never show the value of a variable.
pub fn parse(text: &str, source: &Source) -> Result<Config> {
    let expanded = if source.expand { expand(text, &source.variables) } else { Expanded::verbatim(text) };
    let config = tree::read(&expanded.text, &source.name).and_then(|top| config(&Scope::top(source, &top), &expanded));
    config.map_err(|error| expanded.hide_values(error))
}

impl Config {
    /// What its author should know: keys without effect, by dotted path.
    pub fn warnings(&self) -> Vec<String> {
        let warning = |(path, value): (&String, &String)| match value.as_str() {
            DROPPED => format!("{path} has no effect"),
            _ => format!("{path} has an effect on the official litestream executable only"),
        };
        self.ignored.iter().map(warning).collect()
    }
}

/// What [`Config::ignored`] says about a key whose value is not kept.
pub(super) const DROPPED: &str = "null";

fn config(top: &Scope, expanded: &Expanded) -> Result<Config> {
    let mut ignored = Ignored::default();
    ignored.collect("", top.own(), &TOP);
    let maintenance = MaintenanceConfig::of_all(top)?;
    let databases =
        database::databases(top, &maintenance, &mut ignored).map_err(|error| hint_at_unset(error, expanded))?;
    if databases.is_empty() {
        return Err(top.error("dbs", "lists no database"));
    }
    let entries = databases.iter().map(|Found { entry, database }| (entry.as_str(), database));
    database::refuse_overlap(entries, &top.source.name)?;
    Ok(Config {
        databases: databases.into_iter().map(|Found { database, .. }| database).collect(),
        socket: socket(top)?,
        logging: logging(top)?,
        shutdown_sync_timeout: top.duration("shutdown-sync-timeout").unwrap_or(DEFAULT_SHUTDOWN_SYNC_TIMEOUT),
        maintenance,
        ignored: ignored.0,
    })
}

/// What is missing was perhaps to come from a variable.
fn hint_at_unset(error: Error, expanded: &Expanded) -> Error {
    match error {
        Error::Config { place, problem } if problem.starts_with("missing") && !expanded.unset.is_empty() => {
            let unset = expanded.unset.join(", ");
            Error::Config { place, problem: format!("{problem}; the file refers to {unset}, which is not set") }
        }
        other => other,
    }
}

fn socket(top: &Scope) -> Result<Option<PathBuf>> {
    let Some(fields) = top.section("socket") else { return Ok(top.source.socket.clone()) };
    let socket = top.inner("socket".into(), fields, None);
    if socket.switch("enabled") == Some(false) {
        return Ok(None);
    }
    match (socket.path("path")?, &top.source.socket) {
        (Some(path), _) => Ok(Some(path)),
        (None, Some(default)) => Ok(Some(default.clone())),
        (None, None) => Ok(Some(PathBuf::from(super::OFFICIAL_SOCKET))),
    }
}

fn logging(top: &Scope) -> Result<Logging> {
    let none = Fields::default();
    let logging = top.inner("logging".into(), top.section("logging").unwrap_or(&none), None);
    let level = top.source.variables.get("LOG_LEVEL").map(String::as_str).filter(|level| !level.trim().is_empty());
    let level = level.or(logging.text("level")).unwrap_or("info").trim().to_ascii_lowercase();
    let level = if level == "warning" { "warn".into() } else { level };
    if !["trace", "debug", "info", "warn", "error"].contains(&level.as_str()) {
        return Err(logging.error("level", format!("{level:?} is none of trace, debug, info, warn, error")));
    }
    match logging.text("type").unwrap_or("text") {
        "json" => Ok(Logging { level, json: true }),
        "text" | "pretty" => Ok(Logging { level, json: false }),
        other => Err(logging.error("type", format!("{other:?} is none of text, json"))),
    }
}

/// Keys that we know and do not act on, by dotted path, with their values as JSON.
#[derive(Default)]
pub(super) struct Ignored(BTreeMap<String, String>);

impl Ignored {
    pub(super) fn collect(&mut self, path: &str, fields: &Fields, section: &Section) {
        for (name, setting) in fields.entries() {
            let Some(key) = section.find(name) else { continue };
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            match (&key.usage, setting, &key.kind) {
                (Use::Kept, ..) => drop(self.0.insert(path, setting.to_json().to_string())),
                (Use::Dropped, ..) => drop(self.0.insert(path, DROPPED.into())),
                (_, tree::Setting::Section(inner), super::schema::Kind::Section(section)) if name != "replica" => {
                    self.collect(&path, inner, section);
                }
                _ => {}
            }
        }
    }
}
