//! Settings in and out.
#![allow(clippy::unwrap_used)]

mod parse;
mod render;
