//! Plain values both ways: what JSON can say, as Ruby hashes with string keys, arrays, strings, numbers, true, false, nil.

use std::{os::unix::ffi::OsStrExt, path::Path, time::Duration};

use litestream_core::Error;
use magnus::{IntoValue, RString, Ruby, Value};
use serde::Serialize;

use super::error::raise;

/// Any serializable value as a Ruby one.
pub fn to_ruby(ruby: &Ruby, value: &impl Serialize) -> Result<Value, magnus::Error> {
    let json = serde_json::to_value(value).map_err(|error| raise(ruby)(Error::Internal(error.to_string())))?;
    from_json(ruby, json)
}

/// A path as text in UTF-8, whatever the locale of the process; as bytes only where it is no UTF-8.
pub fn path(ruby: &Ruby, path: &Path) -> RString {
    match path.to_str() {
        Some(text) => ruby.str_new(text),
        None => ruby.str_from_slice(path.as_os_str().as_bytes()),
    }
}

/// A time span that a caller gave in seconds.
pub fn seconds(ruby: &Ruby, value: f64) -> Result<Duration, magnus::Error> {
    Duration::try_from_secs_f64(value).map_err(|error| {
        raise(ruby)(Error::Config {
            place: "timeout".into(),
            problem: format!("{value} is no number of seconds: {error}"),
        })
    })
}

fn from_json(ruby: &Ruby, json: serde_json::Value) -> Result<Value, magnus::Error> {
    use serde_json::Value::{Array, Bool, Null, Number, Object, String};
    Ok(match json {
        Null => ruby.qnil().into_value_with(ruby),
        Bool(value) => value.into_value_with(ruby),
        Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => integer.into_value_with(ruby),
            (_, Some(integer)) => integer.into_value_with(ruby),
            _ => number.as_f64().into_value_with(ruby),
        },
        String(text) => text.into_value_with(ruby),
        Array(items) => {
            let array = ruby.ary_new_capa(items.len());
            for item in items {
                array.push(from_json(ruby, item)?)?;
            }
            array.into_value_with(ruby)
        }
        Object(fields) => {
            let hash = ruby.hash_new();
            for (name, field) in fields {
                hash.aset(name, from_json(ruby, field)?)?;
            }
            hash.into_value_with(ruby)
        }
    })
}
