//! G8: official Litestream restores what we write and takes over writing, and we do the same with what it wrote. Every
//! test runs real processes against an S3 server on loopback and compares restored databases page by page with what
//! SQLite showed at that TXID.
//!
//! Work is random; each test prints its seed and how to repeat it.
#![allow(clippy::unwrap_used)]

mod commands;
mod hand_over;
mod restarted_wal;
mod squashed;
mod support;
mod written_by_official;
mod written_by_us;
mod written_under_load;
