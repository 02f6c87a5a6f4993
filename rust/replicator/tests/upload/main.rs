//! The queue of staged files, the uploads and their acknowledgement (G1, G2), and a second writer (G4).
#![allow(clippy::unwrap_used)]

mod pipeline;
mod replica;
mod requests;
mod slow_start;
mod spool;
#[path = "../support/mod.rs"]
mod support;
mod withdrawal;
