//! Lists a directory tree as keys.

use std::{fs, io, path::Path};

use super::{
    is_relative_name,
    write::{TEMPORARY_PREFIX, TEMPORARY_SUFFIX},
};
use crate::{
    clock,
    store::{Key, Object},
};

/// Every file below `root` whose key begins with `prefix` and sorts after `after`, in key order.
pub(super) fn walk(root: &Path, prefix: &str, after: Option<&Key>) -> io::Result<Vec<Object>> {
    let folder = prefix.rfind('/').map_or("", |slash| &prefix[..slash]);
    if !folder.is_empty() && !is_relative_name(folder) {
        return Ok(Vec::new());
    }
    // A missing object and a misconfigured directory are different things.
    if fs::metadata(root).is_ok_and(|root| !root.is_dir()) {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(root.join(&folder)) {
            Ok(entries) => entries,
            Err(error) if is_gone(&error) => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let Some(name) = entry?.file_name().to_str().map(str::to_owned) else {
                continue;
            };
            let key = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            let metadata = match fs::metadata(root.join(&key)) {
                Ok(metadata) => metadata,
                Err(error) if is_gone(&error) => continue,
                Err(error) => return Err(error),
            };
            if metadata.is_dir() {
                // A shorter prefix was cut at its last slash, so the folder's own name decides.
                if format!("{key}/").starts_with(prefix) {
                    folders.push(key);
                }
            } else if key.starts_with(prefix)
                && !is_temporary(&key)
                && after.is_none_or(|after| key.as_str() > after.as_str())
            {
                let modified_at = clock::from_system(metadata.modified()?);
                found.push(Object { key: Key::new(key), size: metadata.len(), modified_at });
            }
        }
    }
    found.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(found)
}

/// True if the entry was deleted since the folder was read, or never was a folder.
fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn is_temporary(key: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or(key);
    name.starts_with(TEMPORARY_PREFIX) && name.ends_with(TEMPORARY_SUFFIX)
}
