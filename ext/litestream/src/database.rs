//! `Litestream::Native::Database`: one configured database and its replica. The live files are never opened here.

use std::path::PathBuf;

use litestream_core::{
    Error as CoreError, Result as CoreResult,
    config::{DatabaseConfig, Location},
    control::{Client, SnapshotRequest, SyncRequest, through_handover, whole_seconds},
    replica::listing::{History, Inventory, RestorableRange},
    replica::{Level, Replica, ReplicaFile},
    restore::{Plan, find_plan},
    verify::{Journal, Verification},
};
use magnus::{Error, RHash, RModule, RString, Ruby, Value, method, prelude::*};
use serde_json::{Value as Json, json};

use crate::{
    bridge::{
        convert::{self, seconds, to_ruby},
        error::raise,
        gvl,
    },
    restoration,
};

/// Settings alone: connections are made by each call, so it may cross a fork.
#[magnus::wrap(class = "Litestream::Native::Database", free_immediately, size)]
pub struct Database {
    config: DatabaseConfig,
    /// Control socket of its replicator.
    socket: Option<PathBuf>,
}

impl Database {
    pub fn new(config: DatabaseConfig, socket: Option<PathBuf>) -> Self {
        Database { config, socket }
    }

    fn path(ruby: &Ruby, rb_self: &Self) -> RString {
        convert::path(ruby, &rb_self.config.path)
    }

    /// The kind of store, as official Litestream names replicas.
    fn replica(&self) -> &'static str {
        match self.config.replica.location {
            Location::S3(_) => "s3",
            Location::File { .. } => "file",
        }
    }

    /// In seconds.
    fn sync_interval(&self) -> f64 {
        self.config.replica.sync_interval.as_secs_f64()
    }

    fn location(ruby: &Ruby, rb_self: &Self) -> Result<String, Error> {
        gvl::wait(ruby, async { Ok(rb_self.open()?.location()) })
    }

    /// Files of one level, or of all levels for nil.
    fn files(ruby: &Ruby, rb_self: &Self, level: Option<u8>) -> Result<Value, Error> {
        let listing = async {
            let replica = rb_self.open()?;
            let files = match level {
                None => replica.all_files().await?,
                Some(number) => replica.files(parse_level(number)?, None).await?,
            };
            if files.is_empty() {
                replica.expect_no_legacy().await?;
            }
            Ok(files)
        };
        let files = gvl::wait(ruby, listing)?;
        to_ruby(ruby, &files.iter().map(file_row).collect::<Vec<_>>())
    }

    /// `generations` and `snapshots`, oldest first.
    fn history(ruby: &Ruby, rb_self: &Self) -> Result<Value, Error> {
        let history = gvl::wait(ruby, async { History::of(&rb_self.open()?).await })?;
        let generations: Vec<_> = history.ranges.iter().map(generation_row).collect();
        let snapshots: Vec<_> = history.snapshots.iter().map(file_row).collect();
        to_ruby(ruby, &json!({ "generations": generations, "snapshots": snapshots }))
    }

    /// From one listing: `location`, `files` of all levels, `generations`, `points` (every state that can be restored)
    /// and
    /// `gaps`.
    fn inventory(ruby: &Ruby, rb_self: &Self) -> Result<Value, Error> {
        let (location, found) = gvl::wait(ruby, async {
            let replica = rb_self.open()?;
            Ok((replica.location(), Inventory::of(&replica).await?))
        })?;
        let points =
            found.points.iter().map(|point| json!({ "txid": point.txid.to_string(), "at": point.at.to_string() }));
        let gaps = found
            .gaps
            .iter()
            .map(|gap| json!({ "min_txid": gap.min().to_string(), "max_txid": gap.max().to_string() }));
        to_ruby(
            ruby,
            &json!({
                "location": location,
                "files": found.files.iter().map(file_row).collect::<Vec<_>>(),
                "generations": found.ranges.iter().map(generation_row).collect::<Vec<_>>(),
                "points": points.collect::<Vec<_>>(),
                "gaps": gaps.collect::<Vec<_>>(),
            }),
        )
    }

    /// The files that a restore of `txid` (hexadecimal; nil: the latest) would read. Lists the replica.
    fn plan(ruby: &Ruby, rb_self: &Self, txid: Option<String>) -> Result<Value, Error> {
        let target = restoration::target(txid, None).map_err(raise(ruby))?;
        let plan = gvl::wait(ruby, async { find_plan(&rb_self.open()?, target).await })?;
        to_ruby(ruby, &plan_row(&plan))
    }

    fn restore(ruby: &Ruby, rb_self: &Self, options: RHash) -> Result<Value, Error> {
        let request = restoration::Request::read(ruby, options)?;
        to_ruby(ruby, &gvl::wait(ruby, async { request.run(&rb_self.open()?).await })?)
    }

    /// Waits at most `timeout` seconds until the store has everything, then compares. The journal has the outcome under
    /// `id`, which may be nil.
    fn verify(ruby: &Ruby, rb_self: &Self, timeout: f64, id: Option<String>) -> Result<Value, Error> {
        let timeout = seconds(ruby, timeout)?;
        let verified = gvl::wait(ruby, async {
            let (socket, database, journal) = (rb_self.socket()?, rb_self.config.path.clone(), rb_self.journal());
            Verification { socket, database, replica: &rb_self.open()?, timeout, journal, id }.run().await
        })?;
        to_ruby(
            ruby,
            &json!({
                "path": rb_self.config.path,
                "txid": verified.txid.to_string(),
                "page_size": verified.page_size.get(),
                "pages": verified.pages,
                "files": verified.files,
                "downloaded_bytes": verified.downloaded_bytes,
                "seconds": verified.duration.as_secs_f64(),
            }),
        )
    }

    /// Waits at most `timeout` seconds until everything committed before the call is in the store.
    fn sync(ruby: &Ruby, rb_self: &Self, timeout: f64) -> Result<Value, Error> {
        let timeout = seconds(ruby, timeout)?;
        let path = rb_self.config.path.to_string_lossy().into_owned();
        let reply = gvl::wait(ruby, async {
            let client = Client::new(rb_self.socket()?);
            let sync = through_handover(timeout, |left| {
                let request = SyncRequest { path: path.clone(), wait: true, timeout: whole_seconds(left) };
                let client = &client;
                async move { client.sync(&request).await }
            });
            sync.await
        })?;
        to_ruby(ruby, &reply)
    }

    /// Waits at most `timeout` seconds for a snapshot of everything committed before the call.
    fn snapshot(ruby: &Ruby, rb_self: &Self, timeout: f64) -> Result<Value, Error> {
        let timeout = seconds(ruby, timeout)?;
        let path = rb_self.config.path.to_string_lossy().into_owned();
        let reply = gvl::wait(ruby, async {
            let client = Client::new(rb_self.socket()?);
            let snapshot = through_handover(timeout, |left| {
                let request = SnapshotRequest { path: path.clone(), timeout: whole_seconds(left) };
                let client = &client;
                async move { client.snapshot(&request).await }
            });
            snapshot.await
        })?;
        to_ruby(ruby, &reply)
    }

    /// Finished verifications, newest first. Reads a file of this machine.
    fn verifications(ruby: &Ruby, rb_self: &Self) -> Result<Value, Error> {
        to_ruby(ruby, &rb_self.journal().entries().map_err(raise(ruby))?)
    }

    /// The folder of its local state.
    fn meta_path(ruby: &Ruby, rb_self: &Self) -> RString {
        convert::path(ruby, &rb_self.config.meta_path)
    }

    fn journal(&self) -> Journal {
        Journal::of(&self.config.meta_path)
    }

    /// Needs the runtime of a call around it.
    fn open(&self) -> CoreResult<Replica> {
        Replica::open(&self.config.replica)
    }

    fn socket(&self) -> CoreResult<PathBuf> {
        self.socket.clone().ok_or_else(|| CoreError::Config {
            place: "socket.enabled".into(),
            problem: "is false, so the replicator cannot be asked".into(),
        })
    }
}

fn parse_level(number: u8) -> CoreResult<Level> {
    Level::new(number)
        .ok_or_else(|| CoreError::Config { place: "level".into(), problem: format!("{number} is none of 0 to 9") })
}

fn file_row(file: &ReplicaFile) -> Json {
    json!({
        "level": file.level.get(),
        "min_txid": file.txids.min().to_string(),
        "max_txid": file.txids.max().to_string(),
        "size": file.size,
        "created": file.created_at.to_string(),
    })
}

fn plan_row(plan: &Plan) -> Json {
    json!({
        "txid": plan.txid().to_string(),
        "created": plan.created_at().to_string(),
        "bytes": plan.bytes(),
        "files": plan.files().iter().map(file_row).collect::<Vec<_>>(),
    })
}

fn generation_row(run: &RestorableRange) -> Json {
    json!({
        "start_txid": run.start().to_string(),
        "end_txid": run.end().to_string(),
        "start": run.started_at().to_string(),
        "end": run.ended_at().to_string(),
    })
}

pub fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = native.define_class("Database", ruby.class_object())?;
    class.undef_default_alloc_func();
    class.define_method("path", method!(Database::path, 0))?;
    class.define_method("meta_path", method!(Database::meta_path, 0))?;
    class.define_method("replica", method!(Database::replica, 0))?;
    class.define_method("sync_interval", method!(Database::sync_interval, 0))?;
    class.define_method("location", method!(Database::location, 0))?;
    class.define_method("files", method!(Database::files, 1))?;
    class.define_method("history", method!(Database::history, 0))?;
    class.define_method("inventory", method!(Database::inventory, 0))?;
    class.define_method("plan", method!(Database::plan, 1))?;
    class.define_method("restore", method!(Database::restore, 1))?;
    class.define_method("verify", method!(Database::verify, 2))?;
    class.define_method("verifications", method!(Database::verifications, 0))?;
    class.define_method("sync", method!(Database::sync, 1))?;
    class.define_method("snapshot", method!(Database::snapshot, 1))?;
    Ok(())
}
