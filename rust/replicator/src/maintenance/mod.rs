//! Keeps the replica of one database small and whole: compaction, snapshots, retention, repair.

pub mod compaction;
pub mod context;
pub mod jobs;
mod on_demand;
pub mod page_sizes;
pub mod repair;
pub mod schedule;
pub mod snapshot_requests;
pub mod supervised;
pub mod task;
