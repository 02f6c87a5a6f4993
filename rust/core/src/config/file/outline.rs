//! The tree of all keys without their types, for hints and the reference.

use super::{
    units::{format_duration, parse_duration},
    yaml::{Node, NodeContent},
};

/// The kind of a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FieldOutline {
    Value {
        form: &'static str,
        default: Option<String>,
    },
    Section(SectionOutline),
    List(SectionOutline),
    /// Only official Litestream acts on it.
    Official {
        form: &'static str,
    },
    NoEffect(NoEffect),
    Refused {
        reason: &'static str,
    },
}

/// A key without effect here: ignored, with a warning. Its value may be a secret.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NoEffect {
    pub(super) reason: &'static str,
    /// Section and key, a duration, that replace it since Litestream v0.5.
    pub(super) instead: Option<(&'static str, &'static str)>,
}

impl NoEffect {
    pub(super) const fn because(reason: &'static str) -> NoEffect {
        NoEffect { reason, instead: None }
    }

    pub(super) fn advice(&self, node: &Node) -> String {
        let Some((section, key)) = self.instead else { return self.reason.to_owned() };
        let duration = match &node.content {
            NodeContent::Text(text) => parse_duration(text).map(format_duration).ok(),
            _ => None,
        };
        let duration = duration.as_deref().unwrap_or("24h");
        format!("{}; write `{section}: {{{key}: {duration}}}` at the top or in the database", self.reason)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct KeyOutline {
    pub(super) names: &'static [&'static str],
    pub(super) doc: &'static str,
    /// A value for a key without a default, or a better spelling of the default; for a list, further elements.
    pub(super) example: &'static str,
    /// True where the reference sets the key, false where it is commented out.
    pub(super) is_shown: bool,
    pub(super) field: FieldOutline,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct SectionOutline {
    /// "a replica"
    pub(super) place: &'static str,
    pub(super) keys: Vec<KeyOutline>,
}

impl SectionOutline {
    /// This section and all inside of it.
    pub(super) fn all(&self) -> Vec<&SectionOutline> {
        let inner = self.keys.iter().flat_map(|key| match &key.field {
            FieldOutline::Section(inner) | FieldOutline::List(inner) => inner.all(),
            _ => Vec::new(),
        });
        std::iter::once(self).chain(inner).collect()
    }

    pub(super) fn find(&self, name: &str) -> Option<&KeyOutline> {
        self.keys.iter().find(|key| key.names.contains(&name))
    }
}
