//! Keys that only official Litestream acts on.

use std::collections::BTreeMap;

use serde_yaml::Value;

/// By name, with their values: handed on to the official executable.
pub type OfficialKeys = BTreeMap<&'static str, Value>;
