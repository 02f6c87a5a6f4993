//! `Litestream::Native::Environment`: the variables that configure a replica. Values go in and stay in.

use std::collections::BTreeMap;

use litestream_core::{
    config::variables::{self as env, Explicit, Variables},
    secret::Secret,
};
use magnus::{Error, RArray, RHash, RModule, RString, Ruby, function, method, prelude::*, r_hash::ForEach};

use crate::bridge::error::raise;

#[magnus::wrap(class = "Litestream::Native::Environment", free_immediately, size)]
pub struct Environment {
    pub resolved: env::Environment,
    /// The environment with explicit values in place, for `$VAR` in a configuration file.
    pub variables: Variables,
}

impl Environment {
    /// Both hashes go from variable name to value; `explicit` wins. What is not Unicode is left out.
    fn resolve(explicit: RHash, variables: RHash) -> Result<Self, Error> {
        let mut explicit = texts(explicit)?;
        let explicit = Explicit {
            bucket: explicit.remove(env::BUCKET),
            access_key_id: explicit.remove(env::ACCESS_KEY_ID),
            secret_access_key: explicit.remove(env::SECRET_ACCESS_KEY).map(Secret::new),
            region: explicit.remove(env::REGION),
            endpoint: explicit.remove(env::ENDPOINT),
        };
        let variables = texts(variables)?;
        let resolved = env::Environment::resolve(&explicit, &variables);
        Ok(Environment { variables: resolved.overlay(&variables), resolved })
    }

    /// One hash per variable: name, required, set, origin.
    fn report(ruby: &Ruby, rb_self: &Self) -> Result<RArray, Error> {
        let lines = ruby.ary_new();
        for line in rb_self.resolved.report() {
            let hash = ruby.hash_new();
            hash.aset("name", line.name)?;
            hash.aset("required", line.required)?;
            hash.aset("set", line.is_set())?;
            hash.aset("origin", line.origin.as_str())?;
            lines.push(hash)?;
        }
        Ok(lines)
    }

    fn missing(&self) -> Vec<&'static str> {
        self.resolved.missing()
    }

    /// Raises MissingEnvironmentError with the names of all that are missing.
    fn require(ruby: &Ruby, rb_self: &Self) -> Result<bool, Error> {
        rb_self.resolved.require().map_err(raise(ruby)).map(|()| true)
    }
}

fn texts(hash: RHash) -> Result<BTreeMap<String, String>, Error> {
    let mut texts = BTreeMap::new();
    hash.foreach(|name: RString, value: RString| {
        // SAFETY: the bytes are copied before Ruby code can run again.
        let (name, value) = unsafe { (name.as_slice().to_vec(), value.as_slice().to_vec()) };
        if let (Ok(name), Ok(value)) = (String::from_utf8(name), String::from_utf8(value)) {
            texts.insert(name, value);
        }
        Ok(ForEach::Continue)
    })?;
    Ok(texts)
}

pub fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = native.define_class("Environment", ruby.class_object())?;
    class.define_singleton_method("resolve", function!(Environment::resolve, 2))?;
    class.define_method("report", method!(Environment::report, 0))?;
    class.define_method("missing", method!(Environment::missing, 0))?;
    class.define_method("require!", method!(Environment::require, 0))?;
    Ok(())
}
