//! Mappings: keys against the schema.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{
    super::{
        schema::{Key, Section, Use},
        suggest::suggestion,
    },
    Fields,
    spot::Spot,
    value::Value,
};

/// Reads a mapping; `None` for null.
pub(super) struct Mapping<'a> {
    pub(super) section: &'static Section,
    pub(super) spot: Spot<'a>,
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
