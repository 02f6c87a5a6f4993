//! What a `litestream.yml` says without effect here.

use std::collections::BTreeMap;

use super::{
    schema::{Kind, Section, Use},
    tree::{Fields, Setting},
};

/// What [`super::Config::ignored`] says about a key whose value is not kept.
pub(super) const DROPPED: &str = "null";

/// Keys that we know and do not act on, by dotted path, with their values as JSON.
#[derive(Default)]
pub(super) struct Ignored(BTreeMap<String, String>);

impl Ignored {
    pub(super) fn into_map(self) -> BTreeMap<String, String> {
        self.0
    }

    pub(super) fn collect(&mut self, path: &str, fields: &Fields, section: &Section) {
        for (name, setting) in fields.entries() {
            let Some(key) = section.find(name) else { continue };
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            match (&key.usage, setting, &key.kind) {
                (Use::Kept, ..) => drop(self.0.insert(path, setting.to_json().to_string())),
                (Use::Dropped, ..) => drop(self.0.insert(path, DROPPED.into())),
                (_, Setting::Section(inner), Kind::Section(section)) if name != "replica" => {
                    self.collect(&path, inner, section);
                }
                _ => {}
            }
        }
    }
}
