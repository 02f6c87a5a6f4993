//! The kinds of fields: values, sections, lists, and keys without effect here.

use serde_yaml::Value;

use super::{
    forms::Form,
    outline::{FieldOutline, NoEffect},
    reader::FileReader,
    section::{Field, Section},
    yaml::{Node, NodeContent},
};
use crate::config::official::OfficialKeys;

/// A value with a default.
pub(super) struct Always<T: 'static, V: 'static>(pub(super) Form<V>, pub(super) fn(&mut T) -> &mut V);

impl<T, V> Field<T> for Always<T, V> {
    fn read(&self, path: &str, _: &'static str, node: &Node, into: &mut T, reader: &mut FileReader) {
        if let Some(value) = reader.value(path, node, &self.0) {
            *self.1(into) = value;
        }
    }

    fn write(&self, _: &'static str, from: &mut T) -> Option<Value> {
        Some((self.0.write)(self.1(from)))
    }

    fn outline(&self, defaults: &mut T) -> FieldOutline {
        let default = shown(&(self.0.write)(self.1(defaults)));
        FieldOutline::Value { form: self.0.name, default: Some(default) }
    }
}

/// A value that may be left out.
pub(super) struct Optional<T: 'static, V: 'static>(pub(super) Form<V>, pub(super) fn(&mut T) -> &mut Option<V>);

impl<T, V> Field<T> for Optional<T, V> {
    fn read(&self, path: &str, _: &'static str, node: &Node, into: &mut T, reader: &mut FileReader) {
        if let Some(value) = reader.value(path, node, &self.0) {
            *self.1(into) = Some(value);
        }
    }

    fn write(&self, _: &'static str, from: &mut T) -> Option<Value> {
        self.1(from).as_ref().map(self.0.write)
    }

    fn outline(&self, _: &mut T) -> FieldOutline {
        FieldOutline::Value { form: self.0.name, default: None }
    }
}

/// A mapping.
pub(super) struct Nested<T: 'static, U: 'static>(pub(super) &'static Section<U>, pub(super) fn(&mut T) -> &mut U);

impl<T, U> Field<T> for Nested<T, U> {
    fn read(&self, path: &str, _: &'static str, node: &Node, into: &mut T, reader: &mut FileReader) {
        if !matches!(node.content, NodeContent::Nothing) {
            self.0.read(path, node, self.1(into), reader);
        }
    }

    fn write(&self, _: &'static str, from: &mut T) -> Option<Value> {
        let written = self.0.write(self.1(from));
        (!written.is_empty()).then(|| written.into())
    }

    fn outline(&self, defaults: &mut T) -> FieldOutline {
        FieldOutline::Section(self.0.outline(self.1(defaults)))
    }
}

/// A list of mappings.
pub(super) struct Listed<T: 'static, U: 'static> {
    pub(super) section: &'static Section<U>,
    /// Adds an element that holds the defaults.
    pub(super) push: fn(&mut T) -> &mut U,
    pub(super) list: fn(&mut T) -> &mut Vec<U>,
}

impl<T, U> Field<T> for Listed<T, U> {
    fn read(&self, path: &str, _: &'static str, node: &Node, into: &mut T, reader: &mut FileReader) {
        for (index, element) in reader.elements(path, node).enumerate() {
            let path = format!("{path}[{index}]");
            reader.findings.place(&path, element.at);
            if matches!(element.content, NodeContent::Nothing) {
                reader.findings.mistake(&path, "is empty");
            }
            self.section.read(&path, element, (self.push)(into), reader);
        }
    }

    fn write(&self, _: &'static str, from: &mut T) -> Option<Value> {
        let elements = (self.list)(from);
        let written = elements.iter_mut().map(|element| Value::from(self.section.write(element)));
        (written.len() > 0).then(|| written.collect())
    }

    fn outline(&self, defaults: &mut T) -> FieldOutline {
        FieldOutline::List(self.section.outline((self.push)(defaults)))
    }
}

/// A value that only official Litestream acts on: kept for it, with a warning.
pub(super) struct Official<T: 'static, V: 'static>(pub(super) Form<V>, pub(super) fn(&mut T) -> &mut OfficialKeys);

impl<T, V> Field<T> for Official<T, V> {
    fn read(&self, path: &str, name: &'static str, node: &Node, into: &mut T, reader: &mut FileReader) {
        if let Some(value) = reader.value(path, node, &self.0) {
            self.1(into).insert(name, (self.0.write)(&value));
            reader.findings.warn(path, "has an effect on the official litestream executable only");
        }
    }

    fn write(&self, name: &'static str, from: &mut T) -> Option<Value> {
        self.1(from).get(name).cloned()
    }

    fn outline(&self, _: &mut T) -> FieldOutline {
        FieldOutline::Official { form: self.0.name }
    }
}

/// A section that only official Litestream acts on.
pub(super) struct OfficialSection<T: 'static>(
    pub(super) &'static Section<OfficialKeys>,
    pub(super) fn(&mut T) -> &mut OfficialKeys,
);

impl<T> Field<T> for OfficialSection<T> {
    fn read(&self, path: &str, name: &'static str, node: &Node, into: &mut T, reader: &mut FileReader) {
        let mut keys = OfficialKeys::new();
        self.0.read(path, node, &mut keys, reader);
        let written = self.0.write(&mut keys);
        if !written.is_empty() {
            self.1(into).insert(name, written.into());
        }
    }

    fn write(&self, name: &'static str, from: &mut T) -> Option<Value> {
        self.1(from).get(name).cloned()
    }

    fn outline(&self, _: &mut T) -> FieldOutline {
        FieldOutline::Section(self.0.outline(&mut OfficialKeys::new()))
    }
}

impl<T> Field<T> for NoEffect {
    fn read(&self, path: &str, _: &'static str, node: &Node, _: &mut T, reader: &mut FileReader) {
        if !matches!(node.content, NodeContent::Nothing) {
            reader.findings.warn(path, format!("has no effect: {}", self.advice(node)));
        }
    }

    fn write(&self, _: &'static str, _: &mut T) -> Option<Value> {
        None
    }

    fn outline(&self, _: &mut T) -> FieldOutline {
        FieldOutline::NoEffect(*self)
    }
}

/// A key that must not be ignored: the operator relies on its effect.
pub(super) struct Refused(pub(super) &'static str);

impl<T> Field<T> for Refused {
    fn read(&self, path: &str, _: &'static str, _: &Node, _: &mut T, reader: &mut FileReader) {
        reader.findings.mistake(path, self.0);
    }

    fn write(&self, _: &'static str, _: &mut T) -> Option<Value> {
        None
    }

    fn outline(&self, _: &mut T) -> FieldOutline {
        FieldOutline::Refused { reason: self.0 }
    }
}

fn shown(value: &Value) -> String {
    serde_yaml::to_string(value).unwrap_or_default().trim_end().to_owned()
}
