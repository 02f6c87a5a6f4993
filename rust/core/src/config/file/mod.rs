//! `litestream.yml`: text in, typed settings out, and out again for the official executable.

mod databases;
mod directory;
mod entries;
mod fields;
mod findings;
mod forms;
mod keys;
mod outline;
mod parse;
mod reader;
mod reference;
mod render;
mod section;
mod substitute;
mod suggest;
mod units;
mod yaml;

pub(super) use databases::Claims;
pub use findings::Finding;
pub use parse::{Checked, check, load, parse};
pub use reference::{markdown, reference};
pub use render::{Rendered, render};
