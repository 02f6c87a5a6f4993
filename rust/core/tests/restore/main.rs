//! Restores and merges over the wire.
#![allow(clippy::unwrap_used)]

mod compaction;
mod restore;
#[path = "../support/mod.rs"]
mod support;
