//! Checkpoints beside an application: its writers go on, and the WAL stays bounded.
#![allow(clippy::unwrap_used)]

mod locks;
mod long_wal;
#[path = "../support/mod.rs"]
mod support;
mod truncated_wal;
