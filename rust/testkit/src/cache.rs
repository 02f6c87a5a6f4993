//! The folder of downloads that are kept between runs, outside the tree.

use std::path::PathBuf;

/// `$LITESTREAM_CACHE`, which `bin/test` sets, else the same default as there; the system's temporary
/// folder where there is no home either.
pub fn folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("LITESTREAM_CACHE") {
        return folder.into();
    }
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let caches = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or(home);
    caches.unwrap_or_else(std::env::temp_dir).join("litestream-native")
}
