//! What a dashboard shows of this process: the events that it announced, how the lag went, what it costs. Nothing here
//! decides anything.

mod announcement;
mod chronicle;
mod lag;
mod process;

pub use chronicle::Chronicle;
pub use lag::{LagHistory, SAMPLE_INTERVAL};
pub use process::{memory_bytes, restarts};
