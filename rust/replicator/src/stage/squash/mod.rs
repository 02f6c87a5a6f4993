//! Merges queued files while the store is away or slow, so that the stage stays bounded.

pub mod plan;
pub mod task;
