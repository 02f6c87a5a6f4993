//! `Litestream::Native::Config`: what `litestream.yml` means.

use std::path::PathBuf;

use litestream_core::config::{self, Source};
use magnus::{Error, RArray, RModule, Ruby, function, method, prelude::*, typed_data::Obj};

use crate::{bridge::error::raise, database::Database, environment::Environment};

#[magnus::wrap(class = "Litestream::Native::Config", free_immediately, size)]
pub struct Config {
    config: config::Config,
}

impl Config {
    /// `name` is what errors call the text, `directory` where relative paths start, `socket` the control socket where the
    /// text names none.
    fn parse(
        ruby: &Ruby,
        text: String,
        name: String,
        directory: PathBuf,
        environment: &Environment,
        socket: PathBuf,
    ) -> Result<Self, Error> {
        let source = Source { socket: Some(socket), ..Source::new(name, directory, environment.variables.clone()) };
        config::parse(&text, &source).map(|config| Config { config }).map_err(raise(ruby))
    }

    /// Each database into the bucket that the environment names, at its path from `directory`.
    fn from_environment(
        ruby: &Ruby,
        environment: &Environment,
        databases: Vec<PathBuf>,
        directory: PathBuf,
        socket: PathBuf,
    ) -> Result<Self, Error> {
        config::from_environment(&environment.resolved, &databases, &directory, Some(socket))
            .map(|config| Config { config })
            .map_err(raise(ruby))
    }

    pub fn core(&self) -> &config::Config {
        &self.config
    }

    fn databases(ruby: &Ruby, rb_self: Obj<Self>) -> Result<RArray, Error> {
        let databases = ruby.ary_new();
        for database in &rb_self.config.databases {
            databases.push(Database::new(database.clone(), rb_self.config.socket.clone()))?;
        }
        Ok(databases)
    }

    /// The control socket; nil when switched off.
    fn socket(&self) -> Option<PathBuf> {
        self.config.socket.clone()
    }

    fn warnings(&self) -> Vec<String> {
        self.config.warnings.clone()
    }
}

pub fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = native.define_class("Config", ruby.class_object())?;
    class.define_singleton_method("parse", function!(Config::parse, 5))?;
    class.define_singleton_method("from_environment", function!(Config::from_environment, 4))?;
    class.define_method("databases", method!(Config::databases, 0))?;
    class.define_method("socket", method!(Config::socket, 0))?;
    class.define_method("warnings", method!(Config::warnings, 0))?;
    Ok(())
}
