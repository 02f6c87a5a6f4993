//! The replicator as a supervised child of the application.
#![allow(clippy::unwrap_used)]

mod official_engine;
mod supervisor;
mod switched_off;
