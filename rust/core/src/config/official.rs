//! Keys that only official Litestream acts on.

use std::collections::BTreeMap;

use serde_yaml::Value;

/// Values by key name, passed on to the official executable.
pub type OfficialKeys = BTreeMap<&'static str, Value>;
