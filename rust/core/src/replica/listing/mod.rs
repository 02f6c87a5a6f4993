//! A replica's listing for a person: restorable ranges, snapshots, states and gaps.

mod inventory;
mod ranges;

pub use inventory::*;
pub use ranges::*;
