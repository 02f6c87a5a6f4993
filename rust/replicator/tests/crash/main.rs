//! Processes that are killed: replicators, restores, applications (G1, G5).
#![allow(clippy::unwrap_used)]

mod killed_application;
mod killed_replicator;
mod killed_restore;
mod panicking_task;
#[path = "../support/mod.rs"]
mod support;
