//! From a live database to its replica: capture commits, stage them as LTX files, upload them in order, checkpoint.

mod agenda;
mod backoff;
mod capture;
mod capture_task;
mod checkpoint;
pub(crate) mod clock;
mod flight;
mod heal;
mod live;
mod live_pages;
mod lock;
mod maintenance;
mod pace;
mod page_map;
mod position;
mod proof;
mod remote;
mod replicator;
mod replicators;
mod requests;
mod restore_absent;
mod resume;
mod run;
mod squash;
mod snapshot_orders;
mod stage;
mod start;
mod status;
mod telling;
mod truncation;
mod upload;
mod wake;
mod whole;

pub use replicators::{Replicators, Running};
pub use run::{run, serve};
