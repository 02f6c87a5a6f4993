//! `Litestream::Native::Supervisor`: keeps the replicator running beside this process. It belongs to the process that
//! started it; in a forked one its methods raise ForkedError, and its end is nothing.

use std::{path::PathBuf, sync::Arc, time::SystemTime};

use litestream_core::{
    Error as CoreError, Result as CoreResult,
    config::render,
    process::{
        OutputTarget, Supervisor as Core, SupervisorSettings, SupervisorStatus,
        executable::{self, Engine},
    },
};
use ltx::Timestamp;
use magnus::{Error, RModule, Ruby, Value, function, method, prelude::*};
use serde_json::json;
use tokio::task;

use crate::{
    bridge::{
        convert::{seconds, to_ruby},
        error::raise,
        gvl,
    },
    config::Config,
    environment::Environment,
};

#[magnus::wrap(class = "Litestream::Native::Supervisor", free_immediately, size)]
pub struct Supervisor {
    core: Arc<Core>,
}

impl Supervisor {
    /// `native` is our executable, for the engine of that name. Of the files the first receives the configuration for the
    /// child, the second is what the processes of one application agree by, and while there is the third nothing runs.
    fn start(
        ruby: &Ruby,
        config: &Config,
        environment: &Environment,
        engine: String,
        native: PathBuf,
        files: (PathBuf, PathBuf, PathBuf),
    ) -> Result<Self, Error> {
        let (file, lock, off) = files;
        let start = || -> CoreResult<Core> {
            let engine = Engine::parse(&engine)?;
            let executable = engine.executable(&native, &environment.variables)?;
            let config = match engine {
                Engine::Native => config.core().clone().without_official_keys(),
                Engine::Litestream => config.core().clone(),
            };
            let rendered = render(&config)?;
            rendered.write(&file)?;
            let command = executable::replicate(engine, executable, &file, &rendered, OutputTarget::Inherit);
            let last_sync = config.shutdown_sync_timeout;
            Core::start(SupervisorSettings { off: Some(off), last_sync, ..SupervisorSettings::new(command, lock) })
        };
        Ok(Supervisor { core: Arc::new(start().map_err(raise(ruby))?) })
    }

    /// False in a process forked from the one that started it.
    fn is_mine(&self) -> bool {
        self.core.is_mine()
    }

    fn status(ruby: &Ruby, rb_self: &Self) -> Result<Value, Error> {
        let SupervisorStatus { role, pid, holder, started_at, restarts, last_exit, problem } =
            rb_self.core.status().map_err(raise(ruby))?;
        to_ruby(
            ruby,
            &json!({
                "role": role.as_str(),
                "pid": pid,
                "holder": holder,
                "started": started_at.map(|time| timestamp(time).to_string()),
                "restarts": restarts,
                "last_exit": last_exit.map(|exit| exit.to_string()),
                "problem": problem,
            }),
        )
    }

    /// Ends the replicator after its last sync, or after `timeout` seconds. Says how it ended; nil where none ran here.
    fn stop(ruby: &Ruby, rb_self: &Self, timeout: f64) -> Result<Option<String>, Error> {
        let timeout = seconds(ruby, timeout)?;
        let core = Arc::clone(&rb_self.core);
        let exit = gvl::wait(ruby, async {
            let stopped = task::spawn_blocking(move || core.stop(timeout)).await;
            stopped.map_err(|error| CoreError::Internal(error.to_string()))?
        })?;
        Ok(exit.map(|exit| exit.to_string()))
    }
}

fn timestamp(time: SystemTime) -> Timestamp {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

pub fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = native.define_class("Supervisor", ruby.class_object())?;
    class.define_singleton_method("start", function!(Supervisor::start, 5))?;
    class.define_method("mine?", method!(Supervisor::is_mine, 0))?;
    class.define_method("status", method!(Supervisor::status, 0))?;
    class.define_method("stop", method!(Supervisor::stop, 1))?;
    Ok(())
}
