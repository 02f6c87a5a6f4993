//! Carries a compaction out: sources from the local stage where they still lie there, the others downloaded beside the
//! result; a merge in constant memory through a temporary file; one upload.

use std::{
    fs::File,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use ltx::{Header, PageSize, Summary, Txid};
use tempfile::{NamedTempFile, TempPath, spooled_tempfile_in};
use tokio::task;

use super::Compaction;
use crate::{
    Error, Result,
    replica::{Level, Replica, ReplicaFile},
    store::{Body, ByteRange},
};

/// What a store copies with one request; Amazon's limit.
const COPY_LIMIT: u64 = 5 << 30;

/// What carrying a compaction out came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merged {
    /// `None` for a snapshot across a change of the page size: no file can hold pages of two sizes, and one that ends
    /// before the change is not the snapshot that was meant.
    pub file: Option<ReplicaFile>,
    /// Where the merge ended because the database has pages of another size from there on: the first transaction of the
    /// source that was left. The rest is for the next merge.
    pub resized_at: Option<Txid>,
}

impl Compaction {
    /// Writes the merged file, of all sources or those before a change of the page size. `local`: where a source lies on
    /// this machine, if it does; `scratch`: a folder for temporary files, as large as the sources and the result. A file
    /// that is to become one of another level as it is is copied by the store.
    pub async fn perform(
        &self,
        replica: &Replica,
        local: impl Fn(&ReplicaFile) -> Option<PathBuf>,
        scratch: &Path,
    ) -> Result<Merged> {
        if let [source] = self.sources()
            && source.size <= COPY_LIMIT
        {
            let file = self.copy(replica, source).await?;
            return Ok(Merged { file: Some(file), resized_at: None });
        }
        let (mut inputs, mut page_size, mut resized_at) = (Vec::new(), None, None);
        for source in self.sources() {
            let input = match local(source) {
                Some(path) => Input::Staged(path),
                None => Input::Fetched(fetch(replica, source, scratch).await?),
            };
            let found = input.page_size()?;
            if *page_size.get_or_insert(found) != found {
                resized_at = Some(source.txids.min());
                break;
            }
            inputs.push(input);
        }
        if resized_at.is_some() && self.level() == Level::SNAPSHOT {
            return Ok(Merged { file: None, resized_at });
        }
        let part = self.first(inputs.len());
        let file = match part.sources() {
            [source] if source.size <= COPY_LIMIT => part.copy(replica, source).await?,
            _ => part.merge(replica, inputs, scratch).await?,
        };
        Ok(Merged { file: Some(file), resized_at })
    }

    async fn copy(&self, replica: &Replica, source: &ReplicaFile) -> Result<ReplicaFile> {
        replica.copy(source, self.level()).await?;
        Ok(ReplicaFile { level: self.level(), ..*source })
    }

    async fn merge(&self, replica: &Replica, inputs: Vec<Input>, scratch: &Path) -> Result<ReplicaFile> {
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

impl Input {
    fn path(&self) -> &Path {
        match self {
            Input::Staged(path) => path,
            Input::Fetched(path) => path,
        }
    }

    fn page_size(&self) -> Result<PageSize> {
        let path = self.path();
        let mut header = [0; Header::LEN];
        let mut read = || File::open(path)?.read_exact(&mut header);
        read().map_err(Error::io("read", path))?;
        let header = Header::decode(&header);
        Ok(header.map_err(|error| unmergeable(&error))?.page_size)
    }
}

fn unmergeable(error: &ltx::Error) -> Error {
    Error::Corrupt { what: "a file to be merged".into(), problem: error.to_string() }
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
        let path = input.path();
        readers.push(File::open(path).map_err(Error::io("open", path))?);
    }
    let (file, path) = temporary(scratch)?.into_parts();
    // The merge writes in large pieces itself.
    let merged = ltx::merge_with_scratch(readers, file, spooled_tempfile_in(0, scratch));
    let summary = merged.map_err(|error| match error {
        ltx::Error::Io(source) => Error::io("write", &*path)(source),
        error => unmergeable(&error),
    })?;
    Ok((path, summary))
}

/// What the names of temporary files begin with, so that a killed process's leftovers can be told.
pub const TEMPORARY_PREFIX: &str = ".compaction-";

fn temporary(scratch: &Path) -> Result<NamedTempFile> {
    let made = tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempfile_in(scratch);
    made.map_err(Error::io("create a temporary file in", scratch))
}
