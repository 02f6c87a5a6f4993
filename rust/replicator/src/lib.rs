//! The live side: everything that touches a live database. `sqlite` (connections, the read lock, the files beside the
//! database) → `replicate` (capture, stage, upload, checkpoint) → `server` (the control socket) → `commands`. `telemetry`
//! listens to what they announce; `memory` gives back what an idle process does not need; `supervise` restarts the tasks
//! that all of them run.

mod capture;
mod capture_task;
mod checkpoint;
pub mod cli;
pub mod maintenance;
pub mod memory;
mod ownership;
pub mod process;
pub mod replicator;
pub mod server;
mod shutdown;
pub mod sqlite;
pub mod stage;
mod status;
mod supervise;
pub mod telemetry;
mod threads;
mod upload;
