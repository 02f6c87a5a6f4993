//! Substitutes `$VAR` and `${VAR}` in the raw text, by the rules that official Litestream takes from Go. Positions map
//! back to the text as written, and no error shows a substituted value (G10).

use std::{collections::BTreeMap, process};

use super::yaml::Position;
use crate::config::variables::Variables;

/// Least length of a value to hide: a shorter one is no secret, and hiding it would garble messages.
const SHORTEST_SECRET: usize = 4;

/// A text after substitution, and the values in it.
#[derive(Debug)]
pub(super) struct Substituted<'a> {
    pub(super) text: String,
    original: &'a str,
    pieces: Vec<Piece>,
    used: BTreeMap<String, String>,
    pub(super) unset: Vec<String>,
}

/// A copied part of the original.
#[derive(Debug)]
struct Piece {
    /// In the text after substitution.
    start: usize,
    original: usize,
    length: usize,
}

/// Unset variables become empty, as do `${}` and shell specials like `$1`; a `$` before anything else stays. `$PID` is
/// this process.
pub(super) fn substitute<'a>(text: &'a str, variables: &Variables) -> Substituted<'a> {
    let mut result = Substituted { text: String::new(), pieces: Vec::new(), ..Substituted::verbatim(text) };
    let mut at = 0;
    while let Some(dollar) = text[at..].find('$') {
        result.copy(at, at + dollar);
        let after = at + dollar + 1;
        let (name, length) = name_at(&text[after..]);
        match name {
            Some(name) => result.put(name, variables),
            None if length == 0 => result.text.push('$'),
            None => {}
        }
        at = after + length;
    }
    result.copy(at, text.len());
    result
}

/// The name that follows a `$`, and its length in bytes. `None` with a length: bad syntax, to be dropped.
fn name_at(text: &str) -> (Option<&str>, usize) {
    if let Some(braced) = text.strip_prefix('{') {
        return match braced.find('}') {
            Some(0) => (None, 2),
            Some(end) => (Some(&braced[..end]), end + 2),
            None => (None, 1),
        };
    }
    if text.starts_with(|c: char| c.is_ascii_digit() || "*#$@!?-".contains(c)) {
        return (Some(&text[..1]), 1);
    }
    let end = text.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    ((end > 0).then_some(&text[..end]), end)
}

impl<'a> Substituted<'a> {
    /// For `-no-expand-env`.
    pub(super) fn verbatim(text: &'a str) -> Substituted<'a> {
        let piece = Piece { start: 0, original: 0, length: text.len() };
        let (used, unset) = (BTreeMap::new(), Vec::new());
        Substituted { text: text.to_owned(), original: text, pieces: vec![piece], used, unset }
    }

    fn copy(&mut self, start: usize, end: usize) {
        self.pieces.push(Piece { start: self.text.len(), original: start, length: end - start });
        self.text.push_str(&self.original[start..end]);
    }

    fn put(&mut self, name: &str, variables: &Variables) {
        if name == "PID" {
            self.text.push_str(&process::id().to_string());
            return;
        }
        match variables.get(name).filter(|value| !value.is_empty()) {
            Some(value) => {
                self.text.push_str(value);
                self.used.insert(name.to_owned(), value.clone());
            }
            None if self.unset.iter().any(|known| known == name) => {}
            None => self.unset.push(name.to_owned()),
        }
    }

    /// Maps a position in `text` to the text as written; inside a value, to its variable.
    pub(super) fn original(&self, at: Position) -> Position {
        let line = self.text.split_inclusive('\n').take(at.line - 1).map(str::len).sum::<usize>();
        let byte = line + self.text[line..].chars().take(at.column - 1).map(char::len_utf8).sum::<usize>();
        let Piece { start, original, length } =
            &self.pieces[self.pieces.partition_point(|piece| piece.start <= byte) - 1];
        let before = &self.original[..original + length.min(&(byte - start))];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Position { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }

    /// The message with every substituted value turned back into its variable.
    pub(super) fn hide(&self, mut message: String) -> String {
        let mut used: Vec<_> = self.used.iter().filter(|(_, value)| value.len() >= SHORTEST_SECRET).collect();
        // Longest first: one value may contain another.
        used.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
        for (name, value) in used {
            message = message.replace(value.as_str(), &format!("${name}"));
        }
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        [("A", "one"), ("LONG_NAME1", "two words"), ("LINES", "x\ny")].map(|(k, v)| (k.to_owned(), v.to_owned())).into()
    }

    #[test]
    fn names_end_where_go_ends_them() {
        for (text, expected) in [
            ("$A-$A.$LONG_NAME1x", "one-one."),
            ("${A}x${LONG_NAME1}", "onextwo words"),
            ("cost: 5$ and $", "cost: 5$ and $"),
            ("a$$b$1c", "abc"),
            ("${}x${A", "xA"),
            ("$ä", "$ä"),
            ("[$UNSET]", "[]"),
        ] {
            assert_eq!(substitute(text, &variables()).text, expected, "{text}");
        }
        assert_eq!(substitute("$PID", &variables()).text, process::id().to_string());
        assert_eq!(substitute("$X $Y $X", &variables()).unset, ["X", "Y"]);
    }

    #[test]
    fn errors_show_the_variable_instead_of_its_value() {
        let substituted = substitute("key: $LONG_NAME1", &variables());
        assert_eq!(substituted.hide("x: two words: bad".into()), "x: $LONG_NAME1: bad");
    }

    #[test]
    fn positions_are_those_of_the_text_as_it_was_written() {
        let text = "é: $A, b: $LINES\nc: $UNSET d\ne";
        let substituted = substitute(text, &variables());
        let original = |line, column| {
            let Position { line, column } = substituted.original(Position { line, column });
            (line, column)
        };
        assert_eq!(substituted.text, "é: one, b: x\ny\nc:  d\ne");
        assert_eq!(original(1, 1), (1, 1));
        assert_eq!(original(1, 9), (1, 8));
        assert_eq!(original(1, 12), (1, 11));
        assert_eq!(original(2, 1), (1, 11));
        assert_eq!(original(3, 5), (2, 11));
        assert_eq!(original(4, 1), (3, 1));
        assert_eq!(original(9, 9), (3, 2));
    }
}
