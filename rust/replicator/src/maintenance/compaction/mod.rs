//! Keeps a replica small: merges files into fewer ones on higher levels, and deletes what no promised restore needs.
//! Plans are pure functions over a listing; [`Compaction::perform`] and [`litestream_core::replica::Replica::delete`] carry them out.

mod input;
mod perform;
mod plan;
mod retention;
mod room;
mod schedule;

pub use perform::{Merged, Stopped};
pub use plan::{Compaction, Gap, base, compaction, snapshot};
pub use retention::{condemned, next_condemned};
pub use schedule::next_slot;

#[cfg(test)]
mod tests;
