//! Stage → replica: sends staged files in TXID order and acknowledges them.

pub mod acknowledge;
pub mod manifest;
pub mod pipeline;
pub mod task;
