//! The live side: everything that touches a live database. `sqlite` (connections, the read lock, the files beside the
//! database) → `replicate` (capture, stage, upload, checkpoint) → `server` (the control socket) → `commands`. `telemetry`
//! listens to what they announce; `memory` gives back what an idle process does not need.

pub mod commands;
pub mod memory;
pub mod replicate;
pub mod server;
pub mod sqlite;
pub mod telemetry;
