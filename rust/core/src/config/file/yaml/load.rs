//! Loads a text as a tree.

use std::{collections::HashMap, rc::Rc};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput};

use super::{Fault, MappingEntry, Node, NodeContent, Position};

/// Most levels of nested lists and mappings.
const MAX_DEPTH: usize = 32;

/// The one document of `text`; `None` where there is none.
pub(in super::super) fn tree(text: &str) -> Result<Option<Rc<Node>>, Fault> {
    let mut loader = Loader { parser: Parser::new_from_str(text), anchors: HashMap::new() };
    let mut root = None;
    loop {
        match loader.next()? {
            (Event::DocumentStart(_), at) if root.is_some() => {
                return Err(Fault { at, problem: "holds a second document; keep one".into() });
            }
            (Event::StreamEnd, _) => return Ok(root),
            (Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing, _) => {}
            (event, at) => root = Some(loader.node(event, at, MAX_DEPTH)?),
        }
    }
}

struct Loader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, Rc<Node>>,
}

impl<'a> Loader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Position), Fault> {
        match self.parser.next_event() {
            Some(Ok((event, Span { start, .. }))) => Ok((event, position(&start))),
            // The parser's messages repeat no value.
            Some(Err(error)) => {
                Err(Fault { at: position(error.marker()), problem: format!("is not YAML: {}", error.info()) })
            }
            None => Ok((Event::StreamEnd, Position::START)),
        }
    }

    fn node(&mut self, event: Event<'a>, at: Position, depth: usize) -> Result<Rc<Node>, Fault> {
        if depth == 0 {
            return Err(Fault { at, problem: "is nested too deeply".into() });
        }
        let (anchor, content) = match event {
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                return known.ok_or(Fault { at, problem: "is an alias inside of its own anchor".into() });
            }
            Event::Scalar(text, style, anchor, _) => (anchor, scalar(&text, style)),
            Event::SequenceStart(anchor, _) => (anchor, self.list(depth)?),
            Event::MappingStart(anchor, _) => (anchor, self.mapping(depth)?),
            _ => return Err(Fault { at, problem: "is not YAML: it ends too early".into() }),
        };
        let node = Rc::new(Node { at, content, is_anchor: anchor != 0 });
        if node.is_anchor {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        Ok(node)
    }

    fn list(&mut self, depth: usize) -> Result<NodeContent, Fault> {
        let mut elements = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(NodeContent::List(elements)),
                (event, at) => elements.push(self.node(event, at, depth - 1)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<NodeContent, Fault> {
        let (mut entries, mut merged) = (Vec::new(), Vec::new());
        loop {
            let (event, at) = self.next()?;
            if event == Event::MappingEnd {
                entries.extend(merged);
                return Ok(NodeContent::Mapping(entries));
            }
            let Event::Scalar(name, ..) = event else {
                return Err(Fault { at, problem: "has a list or a mapping as a key; a key is a word".into() });
            };
            let (event, value_at) = self.next()?;
            let value = self.node(event, value_at, depth - 1)?;
            match &*name {
                "<<" => merge(&value, &mut merged)?,
                name => entries.push(MappingEntry { name: name.to_owned(), at, is_merged: false, value }),
            }
        }
    }
}

/// Adds the entries of the mapping, or of each mapping in the list, that a merge key names. The first one wins.
fn merge(node: &Node, merged: &mut Vec<MappingEntry>) -> Result<(), Fault> {
    match &node.content {
        NodeContent::Mapping(entries) => {
            for entry in entries {
                if !merged.iter().any(|known| known.name == entry.name) {
                    merged.push(MappingEntry { is_merged: true, ..entry.clone() });
                }
            }
            Ok(())
        }
        NodeContent::List(nodes) => nodes.iter().try_for_each(|node| merge(node, merged)),
        NodeContent::Nothing => Ok(()),
        NodeContent::Text(_) => {
            Err(Fault { at: node.at, problem: "must be a mapping: << takes an alias of one".into() })
        }
    }
}

fn scalar(text: &str, style: ScalarStyle) -> NodeContent {
    let is_null = style == ScalarStyle::Plain && matches!(text, "~" | "null" | "Null" | "NULL");
    if is_null || text.trim().is_empty() { NodeContent::Nothing } else { NodeContent::Text(text.to_owned()) }
}

fn position(marker: &Marker) -> Position {
    Position { line: marker.line(), column: marker.col() + 1 }
}
