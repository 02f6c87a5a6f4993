//! Facts of this process.

use std::fs;

use litestream_core::{config::variables::Variables, process::parent_watch};

/// How often the supervisor has started it again; `None` without one.
pub fn restarts(variables: &Variables) -> Option<u32> {
    variables.get(parent_watch::RESTARTS)?.parse().ok()
}

/// Resident memory; `None` where the system does not say.
pub fn memory_bytes() -> Option<u64> {
    let pages: u64 = fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()?;
    // SAFETY: asks for a number.
    let page_size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    Some(pages * u64::try_from(page_size).ok()?)
}
