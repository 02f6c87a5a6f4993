//! Mistakes and warnings of one file, with their positions. No message repeats a value (G10): it may be a secret under
//! a wrong key.

use std::{collections::BTreeMap, fmt};

use super::yaml::Position;

/// One mistake or warning, as [`super::check`] lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// Such as `dbs[0].replica.bucket`; empty for the whole file.
    pub path: String,
    /// The mistake and, where one is known, its cure. Never repeats the value.
    pub problem: String,
}

/// `line:column: path: problem`
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.problem)
    }
}

/// Collects findings while a file is read.
#[derive(Debug, Default)]
pub(super) struct Findings {
    positions: BTreeMap<String, Position>,
    mistakes: Vec<Found>,
    warnings: Vec<Found>,
}

#[derive(Debug)]
struct Found {
    at: Position,
    path: String,
    problem: String,
}

impl Findings {
    /// Remembers the position of a key for mistakes that later checks find.
    pub(super) fn place(&mut self, path: &str, at: Position) {
        self.positions.insert(path.to_owned(), at);
    }

    pub(super) fn mistake_at(&mut self, at: Position, path: impl Into<String>, problem: impl Into<String>) {
        self.mistakes.push(Found { at, path: path.into(), problem: problem.into() });
    }

    pub(super) fn mistake(&mut self, path: impl Into<String>, problem: impl Into<String>) {
        let path = path.into();
        self.mistake_at(self.position(&path), path, problem);
    }

    pub(super) fn warn(&mut self, path: &str, problem: impl Into<String>) {
        self.warnings.push(Found { at: self.position(path), path: path.to_owned(), problem: problem.into() });
    }

    /// Position of the key; for a missing key, of the mapping or list around it.
    fn position(&self, path: &str) -> Position {
        let mut place = path;
        loop {
            match (self.positions.get(place), place.rfind(['.', '['])) {
                (Some(at), _) => return *at,
                (None, Some(end)) => place = &place[..end],
                (None, None) => return Position::START,
            }
        }
    }

    /// True where nothing at or below `path` is wrong.
    pub(super) fn is_sound(&self, path: &str) -> bool {
        let below =
            |found: &Found| found.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        !self.mistakes.iter().any(below)
    }

    /// Mistakes, then warnings, each in the order of the file. `original` maps positions to the text before variables
    /// were substituted.
    pub(super) fn sorted(self, original: impl Fn(Position) -> Position) -> (Vec<Finding>, Vec<Finding>) {
        let list = |mut found: Vec<Found>| {
            found.sort_by_key(|found| found.at);
            let finding = |Found { at, path, problem }| {
                let Position { line, column } = original(at);
                Finding { line, column, path, problem }
            };
            found.into_iter().map(finding).collect()
        };
        (list(self.mistakes), list(once_per_key(self.warnings)))
    }
}

/// One warning for a key, however many databases it is repeated in.
fn once_per_key(warnings: Vec<Found>) -> Vec<Found> {
    let mut kept: Vec<(String, Found, usize)> = Vec::new();
    for warning in warnings {
        let key = without_numbers(&warning.path);
        match kept.iter_mut().find(|(known, ..)| *known == key) {
            Some((.., repeated)) => *repeated += 1,
            None => kept.push((key, warning, 0)),
        }
    }
    let counted = |(_, mut warning, repeated): (String, Found, usize)| {
        if repeated > 0 {
            warning.problem.push_str(&format!(" (and {repeated} more)"));
        }
        warning
    };
    kept.into_iter().map(counted).collect()
}

/// `dbs[].replica.name` of `dbs[3].replica.name`.
fn without_numbers(path: &str) -> String {
    path.split('[').map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit())).collect::<Vec<_>>().join("[")
}
