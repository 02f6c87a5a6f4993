//! The form of a value: how it is read, how it is written, and its name in the reference.

use std::{path::PathBuf, time::Duration};

use serde_yaml::Value;

use super::units::{format_duration, parse_count, parse_duration, parse_size, parse_switch};
use crate::{
    config::{location::endpoint::endpoint, source::Source, types::DEFAULT_TRUNCATE_PAGES},
    secret::Secret,
    store::SMALLEST_PART,
};

pub(super) struct Form<V: 'static> {
    pub(super) name: &'static str,
    /// Errors name the expected form, and never repeat the text.
    pub(super) parse: fn(&str, &Source) -> Result<V, String>,
    pub(super) write: fn(&V) -> Value,
}

pub(super) const TEXT: Form<String> =
    Form { name: "text", parse: |text, _| Ok(text.to_owned()), write: |text| text.as_str().into() };

/// Written by [`super::render()`], as a reference to a variable.
pub(super) const SECRET: Form<Secret> =
    Form { name: "text", parse: |text, _| Ok(Secret::new(text)), write: |_| Value::Null };

pub(super) const SWITCH: Form<bool> =
    Form { name: "true or false", parse: |text, _| Ok(parse_switch(text)?), write: |on| (*on).into() };

pub(super) const DURATION: Form<Duration> = Form {
    name: "a duration",
    parse: |text, _| Ok(parse_duration(text)?),
    write: |duration| format_duration(*duration).into(),
};

/// Time between two repetitions.
pub(super) const INTERVAL: Form<Duration> = Form {
    parse: |text, source| match (DURATION.parse)(text, source)? {
        Duration::ZERO => Err("must be longer than 0".into()),
        interval => Ok(interval),
    },
    ..DURATION
};

pub(super) const SIZE: Form<u64> = Form {
    name: "a size in bytes",
    parse: |text, _| match parse_size(text)? {
        0 => Err("must be more than 0".into()),
        bytes => Ok(bytes),
    },
    write: |bytes| (*bytes).into(),
};

pub(super) const PART_SIZE: Form<u64> = Form {
    parse: |text, source| match (SIZE.parse)(text, source) {
        Ok(bytes) if bytes < SMALLEST_PART => Err("must be at least 5MiB".into()),
        parsed => parsed,
    },
    ..SIZE
};

pub(super) const COUNT: Form<u32> = Form {
    name: "a whole number",
    parse: |text, _| match u32::try_from(parse_count(text)?) {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(format!("must be between 1 and {}", u32::MAX)),
    },
    write: |count| (*count).into(),
};

/// Any number, for the official executable.
pub(super) const NUMBER: Form<i64> =
    Form { name: "a whole number", parse: |text, _| Ok(parse_count(text)?), write: |number| (*number).into() };

/// `u32::MAX` for never. As in official Litestream, 0 means the default and below 0 means never.
pub(super) const PAGES_OR_NEVER: Form<u32> = Form {
    name: "a number of pages",
    parse: |text, _| match parse_count(text)? {
        0 => Ok(DEFAULT_TRUNCATE_PAGES),
        pages if pages < 0 => Ok(u32::MAX),
        pages => Ok(u32::try_from(pages).unwrap_or(u32::MAX)),
    },
    write: |pages| if *pages == u32::MAX { (-1).into() } else { (*pages).into() },
};

pub(super) const PATH: Form<PathBuf> = Form {
    name: "a path",
    parse: |text, source| Ok(source.absolute(text)?),
    write: |path| path.to_string_lossy().into(),
};

/// A database file: a path, or a connection string.
pub(super) const DATABASE_PATH: Form<PathBuf> = Form {
    parse: |text, source| {
        let path = source.absolute(without_scheme(text))?;
        if path.file_name().is_some() { Ok(path) } else { Err("is not the path of a file".into()) }
    },
    ..PATH
};

pub(super) const ENDPOINT: Form<String> = Form { name: "an address", parse: |text, _| endpoint(text), ..TEXT };

pub(super) const LOG_LEVEL: Form<String> = Form {
    name: "trace, debug, info, warn or error",
    parse: |text, _| match text.trim().to_ascii_lowercase().as_str() {
        "warning" => Ok("warn".into()),
        level @ ("trace" | "debug" | "info" | "warn" | "error") => Ok(level.into()),
        _ => Err(format!("must be {}", LOG_LEVEL.name)),
    },
    ..TEXT
};

/// True for JSON.
pub(super) const LOG_TYPE: Form<bool> = Form {
    name: "text or json",
    parse: |text, _| match text {
        "json" => Ok(true),
        "text" | "pretty" => Ok(false),
        _ => Err(format!("must be {}", LOG_TYPE.name)),
    },
    write: |is_json| if *is_json { "json" } else { "text" }.into(),
};

/// Strips scheme and query of a connection string such as `sqlite:///data/app.sqlite3?mode=ro`.
fn without_scheme(text: &str) -> &str {
    for scheme in ["sqlite3://", "sqlite://", "sqlite3:", "sqlite:"] {
        if let Some(path) = text.strip_prefix(scheme) {
            return path.split('?').next().unwrap_or(path);
        }
    }
    text
}
