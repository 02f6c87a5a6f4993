//! A restore as Ruby asks for it: a hash of options in, a hash of what was done out.

use std::path::PathBuf;

use litestream_core::{
    Error as CoreError, Result as CoreResult,
    replica::Replica,
    restore::{ExecutableChecker, IntegrityCheck, Restoration, RestoreOutcome, Target},
};
use ltx::{Timestamp, Txid};
use magnus::{Error, RHash, Ruby, TryConvert, value::ReprValue};
use serde_json::{Value as Json, json};

use crate::bridge::error::raise;

/// Owned, so that no Ruby value is held while the restore runs.
pub struct Request {
    output: PathBuf,
    /// Ours, for SQLite's check of the copy.
    executable: PathBuf,
    target: Target,
    force: bool,
    if_db_not_exists: bool,
    if_replica_exists: bool,
    integrity: IntegrityCheck,
}

impl Request {
    /// Symbol keys. `output` and `executable` are required; `txid` is hexadecimal, `timestamp` RFC 3339.
    pub fn read(ruby: &Ruby, options: RHash) -> Result<Self, Error> {
        let options = Options { ruby, hash: options };
        let integrity: Option<String> = options.get("integrity_check")?;
        let integrity = integrity.map(|text| text.parse()).transpose().map_err(raise(ruby))?;
        let target = target(options.get("txid")?, options.get("timestamp")?).map_err(raise(ruby))?;
        Ok(Request {
            output: options.require("output")?,
            executable: options.require("executable")?,
            target,
            force: options.get("force")?.unwrap_or(false),
            if_db_not_exists: options.get("if_db_not_exists")?.unwrap_or(false),
            if_replica_exists: options.get("if_replica_exists")?.unwrap_or(false),
            integrity: integrity.unwrap_or_default(),
        })
    }

    pub async fn run(self, replica: &Replica) -> CoreResult<Json> {
        let checker = ExecutableChecker { executable: self.executable };
        let outcome = Restoration {
            replica,
            target: self.target,
            output: self.output,
            force: self.force,
            if_db_not_exists: self.if_db_not_exists,
            if_replica_exists: self.if_replica_exists,
            integrity: self.integrity,
            checker: &checker,
        }
        .run()
        .await?;
        Ok(match outcome {
            RestoreOutcome::DatabaseExists => json!({ "outcome": "database_exists" }),
            RestoreOutcome::NoReplica => json!({ "outcome": "no_replica" }),
            RestoreOutcome::Restored(restored) => json!({
                "outcome": "restored",
                "path": restored.path,
                "txid": restored.txid.to_string(),
                "pages": restored.pages,
                "bytes": restored.bytes,
                "files": restored.files,
                "downloaded_bytes": restored.downloaded_bytes,
                "seconds": restored.duration.as_secs_f64(),
                "kept": restored.kept,
            }),
        })
    }
}

pub fn target(txid: Option<String>, timestamp: Option<String>) -> CoreResult<Target> {
    let refuse = |place: &str, problem: String| CoreError::Config { place: place.into(), problem };
    match (txid, timestamp) {
        (None, None) => Ok(Target::Latest),
        (Some(txid), None) => txid.parse::<Txid>().map(Target::Txid).map_err(|error| refuse("txid", error.to_string())),
        (None, Some(time)) => {
            time.parse::<Timestamp>().map(Target::Time).map_err(|error| refuse("timestamp", error.to_string()))
        }
        (Some(_), Some(_)) => Err(refuse("timestamp", "goes not with txid; use one of them".into())),
    }
}

struct Options<'a> {
    ruby: &'a Ruby,
    hash: RHash,
}

impl Options<'_> {
    fn get<T: TryConvert>(&self, name: &str) -> Result<Option<T>, Error> {
        let value: Option<magnus::Value> = self.hash.get(self.ruby.to_symbol(name));
        value.filter(|value| !value.is_nil()).map(T::try_convert).transpose()
    }

    fn require<T: TryConvert>(&self, name: &str) -> Result<T, Error> {
        let missing = || raise(self.ruby)(CoreError::Config { place: name.into(), problem: "is missing".into() });
        self.get(name)?.ok_or_else(missing)
    }
}
