//! A section of the file. One declaration per key serves reading, the check for unknown keys, inheritance, writing and
//! the reference. Serde-derived structs would give a position for the first mistake only.

use serde_yaml::{Mapping, Value};

use super::{
    outline::{FieldOutline, KeyOutline, SectionOutline},
    reader::{FileReader, UnknownKey, join},
    yaml::Node,
};

/// The keys of one mapping, read into a `T` that holds the defaults.
pub(super) struct Section<T: 'static> {
    /// Its place in the file, for hints: "a replica".
    pub(super) place: &'static str,
    /// In the order of reading: inherited keys come first.
    pub(super) keys: &'static [&'static [KeySpec<T>]],
}

pub(super) struct KeySpec<T: 'static> {
    /// One name, or several that are treated alike.
    pub(super) names: &'static [&'static str],
    pub(super) field: &'static dyn Field<T>,
    /// Description for the reference, in sentences.
    pub(super) doc: &'static str,
    /// See [`KeyOutline::example`] and [`KeyOutline::is_shown`].
    pub(super) example: &'static str,
    pub(super) is_shown: bool,
}

/// Reads and writes the field behind a key.
pub(super) trait Field<T>: Sync {
    fn read(&self, path: &str, name: &'static str, node: &Node, into: &mut T, reader: &mut FileReader);
    /// The value to write; `None` if it is unset.
    fn write(&self, name: &'static str, from: &mut T) -> Option<Value>;
    fn outline(&self, defaults: &mut T) -> FieldOutline;
}

pub(super) const fn key<T>(
    names: &'static [&'static str],
    field: &'static dyn Field<T>,
    doc: &'static str,
) -> KeySpec<T> {
    KeySpec { names, field, doc, example: "", is_shown: true }
}

/// Keys without effect here; the field holds the reason.
pub(super) const fn unused<T>(names: &'static [&'static str], field: &'static dyn Field<T>) -> KeySpec<T> {
    key(names, field, "")
}

/// Rows of a table of keys: `"name": Kind(FORM, path.to.the.field) shown("value") "Meaning.";`
macro_rules! keys {
    ($entry:ty: $($name:literal: $kind:ident($form:expr, $($field:tt)+) $($show:ident($example:literal))? $doc:literal;)+) => {
        &[$($crate::config::file::section::key(
            &[$name],
            &$kind($form, |entry: &mut $entry| &mut entry.$($field)+),
            $doc,
        )$(.$show($example))?),+]
    };
}
pub(super) use keys;

impl<T> KeySpec<T> {
    /// A value that the reference shows, and sets.
    pub(super) const fn shown(self, example: &'static str) -> Self {
        KeySpec { example, ..self }
    }

    /// A value that the reference shows commented out, since it differs from the defaults.
    pub(super) const fn example(self, example: &'static str) -> Self {
        KeySpec { example, is_shown: false, ..self }
    }
}

impl<T> Section<T> {
    fn keys(&self) -> impl Iterator<Item = &'static KeySpec<T>> {
        self.keys.iter().flat_map(|keys| keys.iter())
    }

    fn names(&self) -> impl Iterator<Item = (&'static str, &'static KeySpec<T>)> {
        self.keys().flat_map(|key| key.names.iter().map(move |name| (*name, key)))
    }

    pub(super) fn read(&self, path: &str, node: &Node, into: &mut T, reader: &mut FileReader) {
        let entries = reader.entries(path, node);
        for entry in &entries {
            reader.findings.place(&join(path, &entry.name), entry.at);
        }
        for (name, key) in self.names() {
            if let Some(entry) = entries.iter().find(|entry| entry.name == name) {
                key.field.read(&join(path, name), name, &entry.value, into, reader);
            }
        }
        for entry in entries {
            if !self.names().any(|(name, _)| name == entry.name) {
                let known = self.names().map(|(name, _)| name).collect();
                reader.unknown.push(UnknownKey { path: path.to_owned(), entry: entry.clone(), known });
            }
        }
    }

    pub(super) fn write(&self, from: &mut T) -> Mapping {
        let written = self.names().filter_map(|(name, key)| Some((name.into(), key.field.write(name, from)?)));
        written.collect()
    }

    pub(super) fn outline(&self, defaults: &mut T) -> SectionOutline {
        let outline = |key: &KeySpec<T>| KeyOutline {
            names: key.names,
            doc: key.doc,
            example: key.example,
            is_shown: key.is_shown,
            field: key.field.outline(defaults),
        };
        SectionOutline { place: self.place, keys: self.keys().map(outline).collect() }
    }
}
