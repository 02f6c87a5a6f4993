//! Parses a `litestream.yml` into a [`Config`].

use std::{
    fs, mem,
    path::{Path, PathBuf},
};

use super::{
    databases,
    entries::{ConfigFile, SocketEntry},
    findings::{Finding, Findings},
    forms::LOG_LEVEL,
    keys::TOP,
    reader::FileReader,
    substitute::{Substituted, substitute},
    suggest, yaml,
};
use crate::{
    Error, Result,
    config::{
        maintenance::MAX_LEVELS,
        source::Source,
        types::{Config, Logging, OFFICIAL_SOCKET},
    },
};

/// More mistakes than this are counted rather than listed in an error.
const MAX_LISTED: usize = 20;

/// All mistakes and warnings of one text, each list in the order of the text.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Problems for which [`parse`] refuses the text; empty for a valid one.
    pub mistakes: Vec<Finding>,
    /// Keys without effect on our executable. They do not make the text invalid.
    pub warnings: Vec<Finding>,
}

/// Reads and parses a file; `source.name` is its name in errors.
pub fn load(file: &Path, source: &Source) -> Result<Config> {
    parse(&read_file(file)?, source)
}

pub fn read_file(file: &Path) -> Result<String> {
    fs::read_to_string(file).map_err(Error::io("read", file))
}

/// Parses the text. The error lists the mistakes, and never shows a value.
pub fn parse(text: &str, source: &Source) -> Result<Config> {
    let (config, Checked { mistakes, warnings }) = examine(text, source);
    if !mistakes.is_empty() {
        return Err(error(mistakes, &source.name));
    }
    let warnings = warnings.iter().map(|warning| format!("{}:{warning}", source.name)).collect();
    Ok(Config { warnings, ..config })
}

/// Finds every mistake in the text.
pub fn check(text: &str, source: &Source) -> Checked {
    examine(text, source).1
}

fn examine(text: &str, source: &Source) -> (Config, Checked) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let substituted = if source.expand { substitute(text, &source.variables) } else { Substituted::verbatim(text) };
    let mut reader = FileReader { source, findings: Findings::default(), unknown: Vec::new() };
    let mut file = ConfigFile::default();
    match yaml::tree(&substituted.text) {
        Err(fault) => reader.findings.mistake_at(fault.at, "", fault.problem),
        Ok(root) => {
            if let Some(root) = root {
                TOP.read("", &root, &mut file, &mut reader);
            }
            suggest::report(reader.unknown, &TOP.outline(&mut ConfigFile::default()), &mut reader.findings);
            let config = config(file, source, &mut reader.findings);
            return (config, checked(reader.findings, &substituted));
        }
    }
    (Config::new(Vec::new(), None), checked(reader.findings, &substituted))
}

fn checked(findings: Findings, substituted: &Substituted) -> Checked {
    let (mut mistakes, mut warnings) = findings.sorted(|at| substituted.original(at));
    for finding in mistakes.iter_mut().chain(&mut warnings) {
        if finding.problem.starts_with("missing") && !substituted.unset.is_empty() {
            let unset = substituted.unset.join(", ");
            finding.problem.push_str(&format!("; variables that the file refers to and that are not set: {unset}"));
        }
        finding.problem = substituted.hide(mem::take(&mut finding.problem));
        finding.path = substituted.hide(mem::take(&mut finding.path));
    }
    Checked { mistakes, warnings }
}

fn error(mistakes: Vec<Finding>, name: &str) -> Error {
    let count = mistakes.len();
    if let [Finding { line, column, path, problem }] = mistakes.as_slice() {
        let path = if path.is_empty() { String::new() } else { format!(": {path}") };
        return Error::Config { place: format!("{name}:{line}:{column}{path}"), problem: problem.clone() };
    }
    let mut problem = format!("has {count} mistakes");
    for mistake in mistakes.iter().take(MAX_LISTED) {
        problem.push_str(&format!("\n  {name}:{mistake}"));
    }
    if count > MAX_LISTED {
        problem.push_str(&format!("\n  and {} more; `litestream config check` lists all", count - MAX_LISTED));
    }
    Error::Config { place: name.to_owned(), problem }
}

fn config(mut file: ConfigFile, source: &Source, findings: &mut Findings) -> Config {
    set_levels(&mut file, findings);
    let has_none = file.databases.is_empty();
    let databases = databases::resolve(&file, source, findings);
    if has_none && findings.is_sound("dbs") {
        findings.mistake("dbs", "lists no database");
    }
    Config {
        databases,
        socket: socket(file.socket, source),
        logging: logging(file.logging, source, findings),
        shutdown_sync_timeout: file.shutdown_sync_timeout,
        maintenance: file.maintenance,
        official: file.official,
        warnings: Vec::new(),
    }
}

/// Sets the same levels everywhere: only the top of the file can set them.
fn set_levels(file: &mut ConfigFile, findings: &mut Findings) {
    if file.levels.len() > MAX_LEVELS {
        findings.mistake("levels", format!("lists {}; there are {MAX_LEVELS} at most", file.levels.len()));
    }
    for (index, level) in file.levels.iter().enumerate() {
        let path = format!("levels[{index}]");
        if level.interval.is_none() && findings.is_sound(&path) {
            findings.mistake(format!("{path}.interval"), "missing");
        }
    }
    if !file.levels.is_empty() {
        let levels: Vec<_> = file.levels.iter().filter_map(|level| level.interval).collect();
        for database in &mut file.databases {
            database.settings.maintenance.levels = levels.clone();
        }
        file.maintenance.levels = levels;
    }
}

fn socket(socket: Option<SocketEntry>, source: &Source) -> Option<PathBuf> {
    let Some(SocketEntry { enabled, path }) = socket else { return source.socket.clone() };
    match enabled {
        Some(false) => None,
        _ => path.or_else(|| source.socket.clone()).or_else(|| Some(OFFICIAL_SOCKET.into())),
    }
}

/// The variable `LOG_LEVEL` wins.
fn logging(logging: Logging, source: &Source, findings: &mut Findings) -> Logging {
    let Some(level) = source.variables.get("LOG_LEVEL").filter(|level| !level.trim().is_empty()) else {
        return logging;
    };
    match (LOG_LEVEL.parse)(level, source) {
        Ok(level) => Logging { level, ..logging },
        Err(problem) => {
            findings.mistake("logging.level", format!("the variable LOG_LEVEL {problem}"));
            logging
        }
    }
}
