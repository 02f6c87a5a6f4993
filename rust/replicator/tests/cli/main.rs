//! The executable, and the control socket that it serves.
#![allow(clippy::unwrap_used)]

mod command_line;
mod config_command;
mod control_socket;
mod many_databases;
mod private_files;
mod round_trip;
#[path = "../support/mod.rs"]
mod support;
mod telemetry;
