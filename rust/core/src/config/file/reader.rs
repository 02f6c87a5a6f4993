//! The state of one read: the source, and the findings so far.

use super::{
    findings::Findings,
    forms::Form,
    yaml::{MappingEntry, Node, NodeContent},
};
use crate::config::source::Source;

pub(super) struct FileReader<'a> {
    pub(super) source: &'a Source,
    pub(super) findings: Findings,
    pub(super) unknown: Vec<UnknownKey>,
}

/// A key that its section does not have.
pub(super) struct UnknownKey {
    /// The path of the section.
    pub(super) path: String,
    pub(super) entry: MappingEntry,
    /// The keys that the section has.
    pub(super) known: Vec<&'static str>,
}

/// `dbs[0].replica` and `bucket` are `dbs[0].replica.bucket`.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

impl FileReader<'_> {
    /// The value of a key; `None` if it is blank or wrong.
    pub(super) fn value<V>(&mut self, path: &str, node: &Node, form: &Form<V>) -> Option<V> {
        let text = match &node.content {
            NodeContent::Nothing => return None,
            NodeContent::Text(text) => text,
            NodeContent::List(_) | NodeContent::Mapping(_) => {
                self.findings.mistake_at(node.at, path, format!("must be a single value: {}", form.name));
                return None;
            }
        };
        (form.parse)(text, self.source).map_err(|problem| self.findings.mistake_at(node.at, path, problem)).ok()
    }

    /// The entries of a mapping, each name once.
    pub(super) fn entries<'n>(&mut self, path: &str, node: &'n Node) -> Vec<&'n MappingEntry> {
        let problem = match &node.content {
            NodeContent::Nothing => return Vec::new(),
            NodeContent::Mapping(entries) => return self.once_each(path, entries),
            NodeContent::Text(_) => "must be a mapping; is a space missing after a colon?",
            NodeContent::List(_) => "must be a mapping, not a list",
        };
        self.findings.mistake_at(node.at, path, problem);
        Vec::new()
    }

    fn once_each<'n>(&mut self, path: &str, entries: &'n [MappingEntry]) -> Vec<&'n MappingEntry> {
        let mut found: Vec<&MappingEntry> = Vec::new();
        for entry in entries {
            match found.iter().find(|known| known.name == entry.name) {
                None => found.push(entry),
                Some(_) if entry.is_merged => {}
                Some(_) => self.findings.mistake_at(entry.at, join(path, &entry.name), "is set twice"),
            }
        }
        found
    }

    /// The elements of a list.
    pub(super) fn elements<'n>(&mut self, path: &str, node: &'n Node) -> impl Iterator<Item = &'n Node> + use<'n> {
        let elements = match &node.content {
            NodeContent::List(elements) => elements.as_slice(),
            NodeContent::Nothing => &[],
            NodeContent::Text(_) | NodeContent::Mapping(_) => {
                self.findings.mistake_at(node.at, path, "must be a list; put a dash before each element");
                &[]
            }
        };
        elements.iter().map(|node| &**node)
    }
}
