//! The dashboard's data about this process: its events, the lag over time, its cost. Nothing here decides anything.

mod announcement;
mod chronicle;
mod lag;
mod process;

pub use chronicle::Chronicle;
pub use lag::{LagHistory, SAMPLE_INTERVAL};
pub use process::{memory_bytes, restarts};
