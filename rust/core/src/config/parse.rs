//! The text of a `litestream.yml` into a [`Config`].

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    Config, DEFAULT_SHUTDOWN_SYNC_TIMEOUT, Logging, MaintenanceConfig,
    database::{self, Found},
    expand::{Expanded, expand},
    ignored::{DROPPED, Ignored},
    schema::TOP,
    scope::Scope,
    source::Source,
    tree::{self, Fields},
};
use crate::{Error, Result};

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
        ignored: ignored.into_map(),
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
