//! Skips a test that lacks something to run: it prints the reason and passes. In CI, where every test must run, it
//! fails.

use std::fmt::Display;

/// Says that a test can't run here and why.
///
/// # Panics
/// If the environment has a non-empty `CI`.
pub fn skipped(why: impl Display) {
    let in_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
    assert!(!in_ci, "a test would be skipped in CI: {why}");
    eprintln!("skipped: {why}");
}
