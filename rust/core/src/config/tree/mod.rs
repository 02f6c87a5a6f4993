//! YAML into checked settings: every key is looked up in the schema and every value converted while the parser still
//! knows the line.

mod mapping;
mod spot;
mod value;

use std::{cell::RefCell, collections::BTreeMap, time::Duration};

use serde::de::DeserializeSeed;

use super::{scalar::format_duration, schema::TOP};
use crate::{Error, Result};
use mapping::Mapping;
use spot::Spot;

/// A checked value. Blank texts and nulls never become one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Setting {
    Text(String),
    Switch(bool),
    Duration(Duration),
    Size(u64),
    Count(i64),
    Texts(Vec<String>),
    Section(Fields),
    Sections(Vec<Fields>),
}

/// What one mapping sets, by key.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fields(BTreeMap<&'static str, Setting>);

/// Reads the whole text; `name` is the file that errors name.
pub(super) fn read(text: &str, name: &str) -> Result<Fields> {
    let problem = RefCell::new(None);
    let seed = Mapping { section: &TOP, spot: Spot { path: String::new(), problem: &problem } };
    match seed.deserialize(serde_yaml::Deserializer::from_str(text)) {
        Ok(fields) => Ok(fields.unwrap_or_default()),
        Err(error) => {
            let line = error.location().map(|at| format!(":{}", at.line())).unwrap_or_default();
            Err(match problem.into_inner() {
                Some((path, problem)) => Error::Config { place: format!("{name}{line}: {path}"), problem },
                None => Error::Config { place: format!("{name}{line}"), problem: format!("is not YAML: {error}") },
            })
        }
    }
}

impl Fields {
    pub(super) fn get(&self, key: &str) -> Option<&Setting> {
        self.0.get(key)
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&'static str, &Setting)> {
        self.0.iter().map(|(key, setting)| (*key, setting))
    }

    /// Takes what `defaults` sets and this does not.
    fn fill_from(&mut self, defaults: Fields) {
        for (key, setting) in defaults.0 {
            self.0.entry(key).or_insert(setting);
        }
    }
}

impl Setting {
    /// As JSON, which every YAML parser reads back.
    pub(super) fn to_json(&self) -> serde_json::Value {
        match self {
            Setting::Text(text) => text.as_str().into(),
            Setting::Switch(on) => (*on).into(),
            Setting::Duration(duration) => format_duration(*duration).into(),
            Setting::Size(bytes) => (*bytes).into(),
            Setting::Count(count) => (*count).into(),
            Setting::Texts(texts) => texts.as_slice().into(),
            Setting::Section(fields) => fields.to_json(),
            Setting::Sections(list) => list.iter().map(Fields::to_json).collect(),
        }
    }
}

impl Fields {
    fn to_json(&self) -> serde_json::Value {
        self.entries().map(|(key, setting)| (key.to_owned(), setting.to_json())).collect()
    }
}
