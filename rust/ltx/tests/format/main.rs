//! What the format promises, rule by rule.

#![allow(clippy::unwrap_used)]

#[macro_use]
mod support;

mod batches;
mod damage;
mod golden;
mod header_rules;
mod index_rules;
mod merging;
mod page_forms;
mod page_rules;
mod round_trip;
mod slicing;
mod timestamps;
mod trailer_rules;
mod values;
