//! Settings in and out.
#![allow(clippy::unwrap_used)]

mod mistakes;
mod parse;
mod reference;
mod render;
