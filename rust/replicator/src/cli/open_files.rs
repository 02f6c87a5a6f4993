//! Each database takes about nine descriptors, and processes often begin with a limit of 1024.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// For some thousand databases; some systems refuse more although they name no limit.
const ENOUGH: u64 = 1 << 16;

/// As far as the system lets us.
pub(crate) fn raise_limit() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(soft, hard)| setrlimit(Resource::RLIMIT_NOFILE, soft.max(hard.min(ENOUGH)), hard));
    if let Err(error) = raised {
        tracing::warn!(%error, "the limit of open files cannot be raised");
    }
}
