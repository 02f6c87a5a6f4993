//! `$VAR` and `${VAR}` in the raw text, by the rules official Litestream takes from Go, and the way back: what was put
//! in never shows in an error (G10).

use std::{collections::BTreeMap, process};

use crate::{Error, env::Variables};

/// A value shorter than this is no secret, and replacing it would garble messages.
const SHORTEST_SECRET: usize = 4;

/// A text after expansion, and what went into it.
#[derive(Debug)]
pub(super) struct Expanded {
    pub(super) text: String,
    used: BTreeMap<String, String>,
    pub(super) unset: Vec<String>,
}

/// Unset variables become empty, as do `${}` and shell specials like `$1`; a `$` before anything else stays. `$PID` is
/// this process.
pub(super) fn expand(text: &str, variables: &Variables) -> Expanded {
    let mut expanded = Expanded { text: String::with_capacity(text.len()), used: BTreeMap::new(), unset: Vec::new() };
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        expanded.text.push_str(&rest[..dollar]);
        let after = &rest[dollar + 1..];
        let (name, length) = name_at(after);
        match name {
            Some(name) => expanded.put(name, variables),
            None if length == 0 => expanded.text.push('$'),
            None => {}
        }
        rest = &after[length..];
    }
    expanded.text.push_str(rest);
    expanded
}

/// The name that follows a `$`, and how many bytes it takes. `None` with a length: bad syntax, to be swallowed.
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

impl Expanded {
    /// For `-no-expand-env`.
    pub(super) fn verbatim(text: &str) -> Expanded {
        Expanded { text: text.to_owned(), used: BTreeMap::new(), unset: Vec::new() }
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

    /// The error with every substituted value turned back into its variable.
    pub(super) fn hide_values(&self, error: Error) -> Error {
        match error {
            Error::Config { place, problem } => Error::Config { place: self.hide(place), problem: self.hide(problem) },
            other => other,
        }
    }

    fn hide(&self, mut message: String) -> String {
        let mut used: Vec<_> = self.used.iter().filter(|(_, value)| value.len() >= SHORTEST_SECRET).collect();
        // Longest first: one value may hold another.
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
        [("A", "one"), ("LONG_NAME1", "two words")].map(|(k, v)| (k.to_owned(), v.to_owned())).into()
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
            assert_eq!(expand(text, &variables()).text, expected, "{text}");
        }
        assert_eq!(expand("$PID", &variables()).text, process::id().to_string());
        assert_eq!(expand("$X $Y $X", &variables()).unset, ["X", "Y"]);
    }

    #[test]
    fn errors_show_the_variable_instead_of_its_value() {
        let expanded = expand("key: $LONG_NAME1", &variables());
        let error = Error::Config { place: "x: two words".into(), problem: "\"two words\" is bad".into() };
        assert_eq!(expanded.hide_values(error).to_string(), "x: $LONG_NAME1: \"$LONG_NAME1\" is bad");
    }
}
