//! Where we are in the file, for errors.

use std::cell::RefCell;

/// Where we are, and where the first problem is left for [`super::read`]. Serde's own errors would carry values.
#[derive(Clone)]
pub(super) struct Spot<'a> {
    /// `dbs[0].replica.bucket`
    pub(super) path: String,
    pub(super) problem: &'a RefCell<Option<(String, String)>>,
}

impl Spot<'_> {
    pub(super) fn child(&self, key: &str) -> Self {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Spot { path, problem: self.problem }
    }

    pub(super) fn element(&self, index: usize) -> Self {
        Spot { path: format!("{}[{index}]", self.path), problem: self.problem }
    }

    pub(super) fn fail<E: serde::de::Error>(&self, problem: impl Into<String>) -> E {
        self.problem.borrow_mut().get_or_insert_with(|| (self.path.clone(), problem.into()));
        E::custom("refused")
    }

    /// A mapping or list where a single value belongs is serde's finding, not ours.
    pub(super) fn fail_unless_told<E: serde::de::Error>(&self, error: E) -> E {
        self.problem.borrow_mut().get_or_insert_with(|| (self.path.clone(), "must be a single value".into()));
        error
    }
}
