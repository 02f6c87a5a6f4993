//! Every store keeps every promise: memory, directory, S3.
#![allow(clippy::unwrap_used)]

mod credentials;
mod errors;
mod faults;
mod file;
mod promises;
mod replica_keys;
#[path = "../support/mod.rs"]
mod support;
mod tls;
