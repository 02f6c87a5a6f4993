//! Merges, snapshots and deletions in a replica, and the repair of what is damaged there (G2).
#![allow(clippy::unwrap_used)]

mod damage;
mod first_hour;
mod maintenance;
mod page_size;
#[path = "../support/mod.rs"]
mod support;
