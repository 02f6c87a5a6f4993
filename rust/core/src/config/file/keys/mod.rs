//! The table of keys: one declaration for each. Reading, the check for unknown keys, inheritance, writing and the
//! reference (`config/docs/litestream.yml`, `docs/configuration.md`) follow from it.

mod database;
mod replica;
mod sections;
mod top;
mod unsupported;

pub(super) use top::TOP;
