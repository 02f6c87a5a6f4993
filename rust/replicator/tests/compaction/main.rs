//! Merges, snapshots and deletions in a replica, and the repair of what is damaged there (G2).
#![allow(clippy::unwrap_used)]

#[path = "../../../core/tests/support/mod.rs"]
mod core_support;
mod damage;
mod first_hour;
mod maintenance;
mod over_s3;
mod page_size;
#[path = "../support/mod.rs"]
mod support;
