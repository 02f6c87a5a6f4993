//! Where downloads are kept between runs, outside the tree.

use std::path::PathBuf;

/// `$LITESTREAM_CACHE`, else `~/.cache/litestream`; the system's temporary folder where there is no
/// home either.
pub fn folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("LITESTREAM_CACHE") {
        return folder.into();
    }
    match std::env::var_os("HOME") {
        Some(home) => PathBuf::from(home).join(".cache/litestream"),
        None => std::env::temp_dir().join("litestream-cache"),
    }
}
