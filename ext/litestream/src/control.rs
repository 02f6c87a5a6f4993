//! `Litestream::Native::Control`: asks the replicator over its control socket.

use std::path::PathBuf;

use litestream_core::control::{Client, SyncRequest};
use magnus::{Error, RModule, Ruby, Value, function, method, prelude::*};

use crate::bridge::{
    convert::{seconds, to_ruby},
    gvl,
};

/// Holds the path alone, so it may cross a fork.
#[magnus::wrap(class = "Litestream::Native::Control", free_immediately, size)]
pub struct Control {
    client: Client,
}

impl Control {
    /// `timeout` (seconds) limits `info`, `list` and `telemetry`; the others have a limit of their own.
    fn new(ruby: &Ruby, socket: PathBuf, timeout: f64) -> Result<Self, Error> {
        Ok(Control { client: Client::new(socket).with_timeout(seconds(ruby, timeout)?) })
    }

    fn info(ruby: &Ruby, rb_self: &Self) -> Result<Value, Error> {
        to_ruby(ruby, &gvl::wait(ruby, rb_self.client.info())?)
    }

    fn list(ruby: &Ruby, rb_self: &Self) -> Result<Value, Error> {
        to_ruby(ruby, &gvl::wait(ruby, rb_self.client.list())?)
    }

    /// The dashboard's data; a RefusedError if official Litestream answers.
    fn telemetry(ruby: &Ruby, rb_self: &Self) -> Result<Value, Error> {
        to_ruby(ruby, &gvl::wait(ruby, rb_self.client.telemetry())?)
    }

    /// Waits at most `timeout` seconds until what is committed now is in the store.
    fn sync(ruby: &Ruby, rb_self: &Self, path: String, timeout: u64) -> Result<Value, Error> {
        let request = SyncRequest { path, wait: true, timeout };
        to_ruby(ruby, &gvl::wait(ruby, rb_self.client.sync(&request))?)
    }
}

pub fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = native.define_class("Control", ruby.class_object())?;
    class.define_singleton_method("new", function!(Control::new, 2))?;
    class.define_method("info", method!(Control::info, 0))?;
    class.define_method("list", method!(Control::list, 0))?;
    class.define_method("telemetry", method!(Control::telemetry, 0))?;
    class.define_method("sync", method!(Control::sync, 2))?;
    Ok(())
}
