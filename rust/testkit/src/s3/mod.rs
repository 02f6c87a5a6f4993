//! An S3 server for tests: signatures checked, conditional writes atomic, every request logged,
//! faults on demand.
//!
//! The way of a request: `server` (accept) → `gate` (log, faults, control endpoint) → `s3s`
//! (signature, parsing) → `handlers` (semantics) → `storage` (objects in memory or in a folder).

mod body;
mod control;
mod fault;
mod gate;
mod handlers;
mod identity;
mod log;
mod operation;
mod options;
mod server;
mod storage;
mod tls;
mod wire;

pub use fault::{Effect, Fault, FaultId, Faults};
pub use log::{Count, Request, RequestLog};
pub use operation::Operation;
pub use options::Options;
pub use server::S3Server;
pub use storage::ObjectView;
