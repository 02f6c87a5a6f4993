//! Ruby ⇄ Rust: conversion, GVL and fork checks only. One file per Ruby class; [`init`] lists all of them.

mod bridge;
mod config;
mod control;
mod database;
mod environment;
#[cfg(feature = "panicking")]
mod panicking;
mod restoration;
mod supervisor;

use magnus::{Error, Ruby, function, prelude::*};

fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

#[magnus::init(name = "litestream_native")]
fn init(ruby: &Ruby) -> Result<(), Error> {
    let native = ruby.define_module("Litestream")?.define_module("Native")?;
    native.define_singleton_method("version", function!(version, 0))?;
    environment::init(ruby, native)?;
    config::init(ruby, native)?;
    database::init(ruby, native)?;
    control::init(ruby, native)?;
    supervisor::init(ruby, native)?;
    #[cfg(feature = "panicking")]
    panicking::init(native)?;
    Ok(())
}
