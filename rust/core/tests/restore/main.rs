//! Restores and merges over the wire.
#![allow(clippy::unwrap_used)]

mod over_s3;
#[path = "../support/mod.rs"]
mod support;
