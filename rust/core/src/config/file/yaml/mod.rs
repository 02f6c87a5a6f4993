//! YAML as a tree of nodes with positions. `saphyr-parser` reads it, because `yaml_serde` gives the position of the
//! first error only; `yaml_serde` writes.

mod load;

use std::rc::Rc;

pub(super) use load::tree;

/// Both count from 1; columns are characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Position {
    pub(super) const START: Position = Position { line: 1, column: 1 };
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) at: Position,
    pub(super) content: NodeContent,
    /// True for an anchor (`&name`), which other nodes can refer to.
    pub(super) is_anchor: bool,
}

#[derive(Debug)]
pub(super) enum NodeContent {
    /// `null`, `~` or an empty text.
    Nothing,
    /// A scalar as written, not as a number: a key id may consist of digits.
    Text(String),
    List(Vec<Rc<Node>>),
    Mapping(Vec<MappingEntry>),
}

#[derive(Clone, Debug)]
pub(super) struct MappingEntry {
    pub(super) name: String,
    pub(super) at: Position,
    /// True for an entry from a merge key (`<<`); the mapping's own entry of that name wins.
    pub(super) is_merged: bool,
    pub(super) value: Rc<Node>,
}

/// A syntax error: there is no tree to read.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: Position,
    pub(super) problem: String,
}

impl Node {
    /// True for an anchor, and for a list or mapping of anchors only.
    pub(super) fn holds_only_anchors(&self) -> bool {
        self.is_anchor
            || match &self.content {
                NodeContent::Nothing | NodeContent::Text(_) => false,
                NodeContent::List(elements) => {
                    !elements.is_empty() && elements.iter().all(|node| node.holds_only_anchors())
                }
                NodeContent::Mapping(entries) => {
                    !entries.is_empty() && entries.iter().all(|entry| entry.value.holds_only_anchors())
                }
            }
    }
}
