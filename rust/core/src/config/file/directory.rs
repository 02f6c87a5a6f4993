//! `dir` and `pattern`: database files by name. No file is opened, not even for its header: inside the Rails process,
//! closing the descriptor would drop SQLite's locks. The crate `glob` cannot exclude our state folders.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Suffixes of files beside a database, SQLite's and ours.
const COMPANIONS: [&str; 4] = ["-wal", "-shm", "-journal", "-txid"];

/// The files below `dir` whose names match, relative to it and sorted.
pub(super) fn databases(dir: &Path, pattern: &str, recursive: bool) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut pending = vec![PathBuf::new()];
    while let Some(below) = pending.pop() {
        for entry in list(&dir.join(&below))? {
            let Some(name) = entry.file_name().and_then(|name| name.to_str()) else { continue };
            let relative = below.join(name);
            if entry.is_dir() {
                let ours = name.starts_with('.') && name.ends_with("-litestream");
                if recursive && !ours && !entry.is_symlink() {
                    pending.push(relative);
                }
            } else if matches(pattern.as_bytes(), name.as_bytes()) && !COMPANIONS.iter().any(|end| name.ends_with(end))
            {
                found.push(relative);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn list(dir: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect()
}

/// Shell-like: `*`, `?`, `[a-z]`, `[^a]`, `\` before a character taken as it is.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match pattern {
        [] => name.is_empty(),
        [b'*', rest @ ..] => (0..=name.len()).any(|skipped| matches(rest, &name[skipped..])),
        [b'[', class @ ..] => match (class_end(class), name) {
            (Some(end), [first, others @ ..]) => in_class(&class[..end], *first) && matches(&class[end + 1..], others),
            _ => false,
        },
        [b'\\', wanted, rest @ ..] => matches!(name, [first, others @ ..] if first == wanted && matches(rest, others)),
        [wanted, rest @ ..] => {
            matches!(name, [first, others @ ..] if (first == wanted || *wanted == b'?') && matches(rest, others))
        }
    }
}

/// The index of the closing bracket; one right at the start belongs to the class.
fn class_end(class: &[u8]) -> Option<usize> {
    let start = if class.first() == Some(&b'^') { 2 } else { 1 };
    (start..class.len()).find(|&at| class[at] == b']')
}

fn in_class(class: &[u8], byte: u8) -> bool {
    let (negated, class) = match class {
        [b'^', rest @ ..] => (true, rest),
        class => (false, class),
    };
    let mut rest = class;
    let mut found = false;
    while let [low, tail @ ..] = rest {
        match tail {
            [b'-', high, tail @ ..] => {
                found |= (*low..=*high).contains(&byte);
                rest = tail;
            }
            tail => {
                found |= *low == byte;
                rest = tail;
            }
        }
    }
    found != negated
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        let matches = |pattern: &str, name: &str| super::matches(pattern.as_bytes(), name.as_bytes());
        assert!(matches("*.db", "a.db") && matches("*.db", ".db") && !matches("*.db", "a.dbx"));
        assert!(matches("t?nant-*.sqlite3", "tenant-7.sqlite3") && !matches("t?nant", "tnant"));
        assert!(matches("[a-c]x", "bx") && !matches("[^a-c]x", "bx") && matches("[^a-c]x", "dx"));
        assert!(matches("a\\*b", "a*b") && !matches("a\\*b", "axb") && !matches("[a", "a"));
    }

    #[test]
    fn companions_and_local_state_are_no_databases() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join(".a.db-litestream/ltx");
        fs::create_dir_all(&state).unwrap();
        fs::create_dir(dir.path().join("sub")).unwrap();
        for file in ["a.db", "a.db-wal", "a.db-shm", "b.txt", "sub/c.db", ".a.db-litestream/ltx/x.db"] {
            fs::write(dir.path().join(file), "").unwrap();
        }
        assert_eq!(databases(dir.path(), "*.db", false).unwrap(), [Path::new("a.db")]);
        assert_eq!(databases(dir.path(), "*", true).unwrap(), ["a.db", "b.txt", "sub/c.db"].map(Path::new));
    }
}
