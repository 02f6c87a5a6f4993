//! Carries a compaction out: sources from the local stage where they still lie there, the others downloaded beside the
//! result; a merge in constant memory through a temporary file; one upload.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use ltx::Summary;
use tempfile::{NamedTempFile, TempPath, spooled_tempfile_in};
use tokio::task;

use super::Compaction;
use crate::{
    Error, Result,
    replica::{Replica, ReplicaFile},
    store::{Body, ByteRange},
};

/// What a store copies with one request; Amazon's limit.
const COPY_LIMIT: u64 = 5 << 30;

impl Compaction {
    /// Writes the merged file. `local`: where a source lies on this machine, if it does; `scratch`: a folder for
    /// temporary files, as large as the sources and the result. A file that is to become one of another level as it is
    /// is copied by the store.
    pub async fn perform(
        &self,
        replica: &Replica,
        local: impl Fn(&ReplicaFile) -> Option<PathBuf>,
        scratch: &Path,
    ) -> Result<ReplicaFile> {
        if let [source] = self.sources()
            && source.size <= COPY_LIMIT
        {
            replica.copy(source, self.level()).await?;
            return Ok(ReplicaFile { level: self.level(), ..*source });
        }
        let mut inputs = Vec::new();
        for source in self.sources() {
            inputs.push(match local(source) {
                Some(path) => Input::Staged(path),
                None => Input::Fetched(fetch(replica, source, scratch).await?),
            });
        }
        let folder = scratch.to_owned();
        let merged = task::spawn_blocking(move || merge(&inputs, &folder)).await;
        let (path, summary) = merged.map_err(|error| Error::Internal(error.to_string()))??;
        let body = Body::File { path: path.to_path_buf(), size: summary.size };
        let timestamp = summary.header.timestamp;
        replica.upload(self.level(), self.txids(), body, timestamp, true).await?;
        Ok(ReplicaFile { level: self.level(), txids: self.txids(), size: summary.size, created_at: timestamp })
    }
}

enum Input {
    Staged(PathBuf),
    /// Deleted when dropped.
    Fetched(TempPath),
}

async fn fetch(replica: &Replica, source: &ReplicaFile, scratch: &Path) -> Result<TempPath> {
    let temporary = temporary(scratch)?;
    let (mut file, path) = temporary.into_parts();
    let mut chunks = replica.read(source.level, source.txids, ByteRange::ALL).await?;
    while let Some(chunk) = chunks.next().await? {
        file.write_all(&chunk).map_err(Error::io("write", &*path))?;
    }
    Ok(path)
}

fn merge(inputs: &[Input], scratch: &Path) -> Result<(TempPath, Summary)> {
    let mut readers = Vec::new();
    for input in inputs {
        let path: &Path = match input {
            Input::Staged(path) => path,
            Input::Fetched(path) => path,
        };
        readers.push(File::open(path).map_err(Error::io("open", path))?);
    }
    let (file, path) = temporary(scratch)?.into_parts();
    // The merge writes in large pieces itself.
    let merged = ltx::merge_with_scratch(readers, file, spooled_tempfile_in(0, scratch));
    let summary = merged.map_err(|error| match error {
        ltx::Error::Io(source) => Error::io("write", &*path)(source),
        error => Error::Corrupt { what: "a file to be merged".into(), problem: error.to_string() },
    })?;
    Ok((path, summary))
}

/// What the names of temporary files begin with, so that a killed process's leftovers can be told.
pub const TEMPORARY_PREFIX: &str = ".compaction-";

fn temporary(scratch: &Path) -> Result<NamedTempFile> {
    let made = tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempfile_in(scratch);
    made.map_err(Error::io("create a temporary file in", scratch))
}
