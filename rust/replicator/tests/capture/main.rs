//! Commits become L0 files: every transaction restores to the pages that it had, whatever happened to the WAL.
#![allow(clippy::unwrap_used)]

mod every_txid;
mod every_txid_across_processes;
mod first_light;
mod memory;
mod page_map;
mod proof;
mod restart;
#[path = "../support/mod.rs"]
mod support;
mod vacuum;
mod wake;
mod wal_bytes;
mod wal_format;
mod wal_mode;
