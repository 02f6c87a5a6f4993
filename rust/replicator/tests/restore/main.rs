//! Restored copies: their size, their memory, their check.
#![allow(clippy::unwrap_used)]

mod copy_check;
mod legacy_replica;
mod lock_page;
mod memory;
#[path = "../support/mod.rs"]
mod support;
