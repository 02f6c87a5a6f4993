//! Settings from `litestream.yml`, from the environment, and the defaults.

mod file;
mod from_variables;
pub mod location;
mod maintenance;
mod official;
pub mod path;
mod problem;
mod source;
mod types;
pub mod variables;

pub use file::{Checked, Finding, Rendered, check, load, markdown, parse, reference, render};
pub use from_variables::{at_url, from_environment};
pub use location::Location;
pub use maintenance::{MaintenanceConfig, Retention};
pub use official::OfficialKeys;
pub use source::Source;
pub use types::*;

pub use crate::{
    secret::Secret,
    store::{Credentials, S3Config},
};
