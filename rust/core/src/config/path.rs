//! Paths of the configuration: absolute and lexically clean, so that equal databases have equal names.

use std::path::{Component, Path, PathBuf};

/// Resolves `path` against `base`, without `.` and `..`. Does not access the file system, so symbolic links remain.
pub fn absolute(path: impl AsRef<Path>, base: &Path) -> PathBuf {
    let joined = base.join(path);
    let mut clean = PathBuf::new();
    for component in joined.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            component => clean.push(component),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_start_at_the_base() {
        let base = Path::new("/srv/app");
        assert_eq!(absolute("storage/../db/./a.sqlite3", base), Path::new("/srv/app/db/a.sqlite3"));
        assert_eq!(absolute("/x//y/", base), Path::new("/x/y"));
        assert_eq!(absolute("/../..", base), Path::new("/"));
    }
}
