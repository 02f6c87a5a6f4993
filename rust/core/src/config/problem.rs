//! A mistake in one key, before the file and the position are known.

/// The key that is wrong or missing, and the problem, without the value.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) key: String,
    pub(super) text: String,
}

impl Problem {
    pub(super) fn new(key: impl Into<String>, text: impl Into<String>) -> Problem {
        Problem { key: key.into(), text: text.into() }
    }

    /// Prefixes the key with its section.
    pub(super) fn inside(self, section: &str) -> Problem {
        Problem { key: format!("{section}.{}", self.key), ..self }
    }
}
