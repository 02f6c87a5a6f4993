//! YAML into checked settings: every key is looked up in the schema and every value converted while the parser still
//! knows the line.

use std::{cell::RefCell, collections::BTreeMap, fmt, time::Duration};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{
    scalar::{format_duration, parse_count, parse_duration, parse_size, parse_switch},
    schema::{Key, Kind, Section, TOP, Use},
    suggest::suggestion,
};
use crate::{Error, Result};

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

/// Where we are, and where the first problem is left for [`read`]. Serde's own errors would carry values.
#[derive(Clone)]
struct Spot<'a> {
    /// `dbs[0].replica.bucket`
    path: String,
    problem: &'a RefCell<Option<(String, String)>>,
}

impl Spot<'_> {
    fn child(&self, key: &str) -> Self {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Spot { path, problem: self.problem }
    }

    fn element(&self, index: usize) -> Self {
        Spot { path: format!("{}[{index}]", self.path), problem: self.problem }
    }

    fn fail<E: serde::de::Error>(&self, problem: impl Into<String>) -> E {
        self.problem.borrow_mut().get_or_insert_with(|| (self.path.clone(), problem.into()));
        E::custom("refused")
    }
}

/// Reads a mapping; `None` for null.
struct Mapping<'a> {
    section: &'static Section,
    spot: Spot<'a>,
}

impl<'de> DeserializeSeed<'de> for Mapping<'_> {
    type Value = Option<Fields>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Mapping<'_> {
    type Value = Option<Fields>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    /// A text without any content.
    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Fields::default();
        let mut merged = Fields::default();
        while let Some(name) = map.next_key_seed(KeyName { section: self.section, spot: &self.spot })? {
            match name {
                None => {
                    let spot = self.spot.clone();
                    let defaults = map.next_value_seed(Mapping { section: self.section, spot })?;
                    merged.fill_from(defaults.unwrap_or_default());
                }
                Some(key) => {
                    let spot = self.spot.child(key.name);
                    if fields.0.contains_key(key.name) {
                        return Err(spot.fail("is set twice"));
                    }
                    if let Some(setting) = map.next_value_seed(Value { key, spot })? {
                        fields.0.insert(key.name, setting);
                    }
                }
            }
        }
        fields.fill_from(merged);
        Ok(Some(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Err(self.spot.fail("must be a mapping, not a list"))
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Self::Value, E> {
        Err(self.spot.fail("must be a mapping; is a space missing after a colon?"))
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Self::Value, E> {
        Err(self.spot.fail("must be a mapping"))
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Self::Value, E> {
        Err(self.spot.fail("must be a mapping"))
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Self::Value, E> {
        Err(self.spot.fail("must be a mapping"))
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Self::Value, E> {
        Err(self.spot.fail("must be a mapping"))
    }
}

/// Reads a key and looks it up; `None` is the merge key `<<`.
struct KeyName<'a, 'b> {
    section: &'static Section,
    spot: &'b Spot<'a>,
}

impl<'de> DeserializeSeed<'de> for KeyName<'_, '_> {
    type Value = Option<&'static Key>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeyName<'_, '_> {
    type Value = Option<&'static Key>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Self::Value, E> {
        if name == "<<" {
            return Ok(None);
        }
        match self.section.find(name) {
            Some(Key { usage: Use::Refused(why), .. }) => Err(self.spot.child(name).fail(*why)),
            Some(key) => Ok(Some(key)),
            None => {
                let names = self.section.keys().map(|key| key.name);
                let hint = suggestion(name, names).map(|known| format!("; did you mean {known}?"));
                Err(self.spot.child(name).fail(format!("unknown key{}", hint.unwrap_or_default())))
            }
        }
    }
}

/// Reads what one key sets; `None` for null and blank.
struct Value<'a> {
    key: &'static Key,
    spot: Spot<'a>,
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = Option<Setting>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        match self.key.kind {
            Kind::Section(section) => {
                let fields = Mapping { section, spot: self.spot }.deserialize(deserializer)?;
                Ok(fields.map(Setting::Section))
            }
            Kind::Sections(section) => {
                let list = List { section: Some(section), spot: self.spot };
                Ok(deserializer.deserialize_any(list)?.map(|(fields, _)| Setting::Sections(fields)))
            }
            Kind::Texts => {
                let list = List { section: None, spot: self.spot };
                Ok(deserializer.deserialize_any(list)?.map(|(_, texts)| Setting::Texts(texts)))
            }
            _ => deserializer.deserialize_option(self),
        }
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = Option<Setting>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let spot = self.spot.clone();
        // As text whatever it looks like: a key id may consist of digits.
        deserializer.deserialize_str(self).map_err(|error| spot.fail_unless_told(error))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let setting = match self.key.kind {
            Kind::Switch => parse_switch(text).map(Setting::Switch),
            Kind::Duration => parse_duration(text).map(Setting::Duration),
            Kind::Size => parse_size(text).map(Setting::Size),
            Kind::Count => parse_count(text).map(Setting::Count),
            _ => Ok(Setting::Text(text.to_owned())),
        };
        setting.map(Some).map_err(|problem| self.spot.fail(problem))
    }
}

impl Spot<'_> {
    /// A mapping or list where a single value belongs is serde's finding, not ours.
    fn fail_unless_told<E: serde::de::Error>(&self, error: E) -> E {
        self.problem.borrow_mut().get_or_insert_with(|| (self.path.clone(), "must be a single value".into()));
        error
    }
}

/// Reads a list of mappings, or of texts where there is no section; `None` for null.
struct List<'a> {
    section: Option<&'static Section>,
    spot: Spot<'a>,
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = Option<(Vec<Fields>, Vec<String>)>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let (mut mappings, mut texts) = (Vec::new(), Vec::new());
        let Some(section) = self.section else {
            while let Some(text) = list.next_element()? {
                texts.push(text);
            }
            return Ok(Some((mappings, texts)));
        };
        loop {
            let spot = self.spot.element(mappings.len());
            let Some(fields) = list.next_element_seed(Mapping { section, spot: spot.clone() })? else { break };
            mappings.push(fields.ok_or_else(|| spot.fail::<A::Error>("is empty"))?);
        }
        Ok(Some((mappings, texts)))
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Err(self.spot.fail("must be a list; put a dash before each element"))
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Self::Value, E> {
        Err(self.spot.fail("must be a list; put a dash before each element"))
    }
}
