//! Values: texts into what the schema wants, lists.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{
    super::{
        scalar::{parse_count, parse_duration, parse_size, parse_switch},
        schema::{Key, Kind, Section},
    },
    Fields, Setting,
    mapping::Mapping,
    spot::Spot,
};

/// Reads what one key sets; `None` for null and blank.
pub(super) struct Value<'a> {
    pub(super) key: &'static Key,
    pub(super) spot: Spot<'a>,
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
