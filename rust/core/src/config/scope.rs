//! Typed access to checked settings, with the dotted path that errors name.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    path::absolute,
    source::Source,
    tree::{Fields, Setting},
};
use crate::{Error, Result};

/// One mapping of the file; `defaults` answers for what it leaves out.
#[derive(Clone)]
pub(super) struct Scope<'a> {
    pub(super) source: &'a Source,
    /// `dbs[0].replica`; empty at the top.
    pub(super) path: String,
    own: &'a Fields,
    defaults: Option<&'a Fields>,
}

impl<'a> Scope<'a> {
    pub(super) fn top(source: &'a Source, own: &'a Fields) -> Scope<'a> {
        Scope { source, path: String::new(), own, defaults: None }
    }

    pub(super) fn inner(&self, path: String, own: &'a Fields, defaults: Option<&'a Fields>) -> Scope<'a> {
        Scope { source: self.source, path, own, defaults }
    }

    pub(super) fn own(&self) -> &'a Fields {
        self.own
    }

    /// An error about one of the keys.
    pub(super) fn error(&self, key: &str, problem: impl Into<String>) -> Error {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Error::Config { place: format!("{}: {path}", self.source.name), problem: problem.into() }
    }

    /// Puts the key before what a deeper layer found wrong with its value.
    pub(super) fn locate(&self, key: &str) -> impl Fn(Error) -> Error {
        let here = self.error(key, "");
        move |error| match (&here, error) {
            (Error::Config { place, .. }, Error::Config { place: inner, problem }) => {
                Error::Config { place: format!("{place}: {inner}"), problem }
            }
            (_, other) => other,
        }
    }

    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.own_text(key).or_else(|| text(self.defaults?, key))
    }

    pub(super) fn own_text(&self, key: &str) -> Option<&'a str> {
        text(self.own, key)
    }

    pub(super) fn switch(&self, key: &str) -> Option<bool> {
        self.find(key, |setting| if let Setting::Switch(on) = setting { Some(*on) } else { None })
    }

    pub(super) fn duration(&self, key: &str) -> Option<Duration> {
        self.find(key, |setting| if let Setting::Duration(duration) = setting { Some(*duration) } else { None })
    }

    /// A duration that something waits for again and again.
    pub(super) fn interval(&self, key: &str) -> Result<Option<Duration>> {
        match self.duration(key) {
            Some(Duration::ZERO) => Err(self.error(key, "must be longer than 0")),
            found => Ok(found),
        }
    }

    pub(super) fn size(&self, key: &str) -> Option<u64> {
        self.find(key, |setting| if let Setting::Size(bytes) = setting { Some(*bytes) } else { None })
    }

    pub(super) fn count(&self, key: &str) -> Option<i64> {
        self.find(key, |setting| if let Setting::Count(count) = setting { Some(*count) } else { None })
    }

    pub(super) fn section(&self, key: &str) -> Option<&'a Fields> {
        self.find(key, |setting| if let Setting::Section(fields) = setting { Some(fields) } else { None })
    }

    pub(super) fn sections(&self, key: &str) -> &'a [Fields] {
        self.find(key, |setting| if let Setting::Sections(list) = setting { Some(list.as_slice()) } else { None })
            .unwrap_or_default()
    }

    /// A path of the file system, absolute and clean.
    pub(super) fn path(&self, key: &str) -> Result<Option<PathBuf>> {
        self.own_text(key).map(|text| self.expand(key, text)).transpose()
    }

    /// `~` is the home directory; everything else relative starts at the source's directory.
    pub(super) fn expand(&self, key: &str, text: &str) -> Result<PathBuf> {
        let below_home = match text.strip_prefix('~') {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => rest,
            _ => return Ok(absolute(text, &self.source.directory)),
        };
        let home = self.source.variables.get("HOME").filter(|home| Path::new(home).is_absolute());
        let home = home.ok_or_else(|| self.error(key, "~ has no meaning here since HOME is not set"))?;
        Ok(absolute(below_home.trim_start_matches('/'), Path::new(home)))
    }

    fn find<T>(&self, key: &str, pick: impl Fn(&'a Setting) -> Option<T>) -> Option<T> {
        self.own.get(key).and_then(&pick).or_else(|| self.defaults?.get(key).and_then(&pick))
    }
}

fn text<'a>(fields: &'a Fields, key: &str) -> Option<&'a str> {
    match fields.get(key) {
        Some(Setting::Text(text)) => Some(text),
        _ => None,
    }
}
