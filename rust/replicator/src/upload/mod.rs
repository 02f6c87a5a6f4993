//! Stage → replica: sends staged files in TXID order and acknowledges them.

pub mod pipeline;
pub mod task;
