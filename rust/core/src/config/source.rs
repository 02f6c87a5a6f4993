//! Input of a parse, apart from the text.

use std::path::{Path, PathBuf};

use super::{path::absolute, variables::Variables};

/// The origin of a text, and the variables it may refer to.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name of the text in errors, such as `config/litestream.yml`.
    pub name: String,
    /// The start of relative paths: the application's root, or the working directory.
    pub directory: PathBuf,
    /// Values for `$VAR` and for unset keys; see [`crate::config::variables::Environment::overlay`].
    pub variables: Variables,
    /// False for `-no-expand-env`.
    pub expand: bool,
    /// Control socket unless the file sets one. `None`, as in official Litestream, means no socket by default.
    pub socket: Option<PathBuf>,
}

impl Source {
    /// Expands variables and has no default control socket.
    pub fn new(name: impl Into<String>, directory: impl Into<PathBuf>, variables: Variables) -> Source {
        Source { name: name.into(), directory: directory.into(), variables, expand: true, socket: None }
    }

    /// `~` is the home directory; everything else relative starts at the directory.
    pub(super) fn absolute(&self, text: &str) -> Result<PathBuf, &'static str> {
        let below_home = match text.strip_prefix('~') {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => rest,
            _ => return Ok(absolute(text, &self.directory)),
        };
        let home = self.variables.get("HOME").filter(|home| Path::new(home).is_absolute());
        let home = home.ok_or("begins with ~, and HOME is not set")?;
        Ok(absolute(below_home.trim_start_matches('/'), Path::new(home)))
    }
}
