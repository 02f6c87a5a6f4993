//! Keeps the replica of one database small and whole: compaction, snapshots, retention, repair.

pub mod compaction;
pub mod jobs;
pub mod repair;
pub mod schedule;
pub mod snapshot_requests;
pub mod supervised;
pub mod task;
