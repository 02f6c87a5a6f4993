//! `litestream.yml`: text in, typed settings out; rendered again for the official binary from the same types.

mod database;
mod directory;
mod environment;
mod expand;
mod ignored;
mod location;
mod maintenance;
mod parse;
pub mod path;
mod render;
pub mod s3_url;
mod scalar;
mod schema;
mod scope;
mod source;
mod suggest;
mod tree;
mod types;

pub use environment::from_environment;
pub use maintenance::MaintenanceConfig;
pub use parse::{load, parse};
pub use render::{Rendered, render};
pub use scalar::{format_duration, parse_duration, parse_size};
pub use source::Source;
pub use types::*;
