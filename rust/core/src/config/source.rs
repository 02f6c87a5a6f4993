//! What a text is parsed with.

use std::path::PathBuf;

use crate::env::Variables;

/// Where a text came from, and what it may refer to.
#[derive(Clone, Debug)]
pub struct Source {
    /// What errors call it, such as `config/litestream.yml`.
    pub name: String,
    /// Where relative paths start: the application's root, or the working directory.
    pub directory: PathBuf,
    /// For `$VAR`, and for what the file leaves out; see [`crate::env::Environment::overlay`].
    pub variables: Variables,
    /// False for `-no-expand-env`.
    pub expand: bool,
    /// The control socket where the file says nothing about one. Official Litestream has none then.
    pub socket: Option<PathBuf>,
}

impl Source {
    pub fn new(name: impl Into<String>, directory: impl Into<PathBuf>, variables: Variables) -> Source {
        Source { name: name.into(), directory: directory.into(), variables, expand: true, socket: None }
    }
}
