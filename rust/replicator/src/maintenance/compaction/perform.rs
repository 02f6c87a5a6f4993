//! Carries a compaction out: sources from the local stage where they still lie there, the others downloaded beside the
//! result; a merge in constant memory through a temporary file; one upload.

use std::path::{Path, PathBuf};

use litestream_core::{
    Error, Result, failpoint,
    replica::{Level, Replica, ReplicaFile},
    store::Body,
};
use ltx::{Summary, Txid};
use tempfile::{TempPath, spooled_tempfile_in};
use tokio::task;

use super::{
    Compaction,
    input::{Input, temporary},
    room,
};

/// Largest object that a store copies with one request, in bytes; Amazon's limit.
const COPY_LIMIT: u64 = 5 << 30;

/// Result of a compaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merged {
    /// `None` for a snapshot across a change of the page size: no file can hold pages of two sizes, and one that ends
    /// before the change is not the snapshot that was meant.
    pub file: Option<ReplicaFile>,
    /// Why the merge ended early.
    pub stopped: Option<Stopped>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The database has pages of another size from here on: the first transaction of the source that was left. The rest
    /// is for the next merge.
    Resized(Txid),
    /// This file of the replica cannot be read to its end, or breaks its checksums. Nothing was merged.
    Damaged(ReplicaFile),
}

impl Compaction {
    /// Writes the merged file, of all sources or those before a change of the page size. `local`: where a source lies
    /// on this machine, if it does; `scratch`: a folder for temporary files, as large as the sources and the result. A
    /// file that is to become one of another level as it is is copied by the store.
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
            return Ok(Merged { file: Some(file), stopped: None });
        }
        // In the result and, where it has to be downloaded, beside it.
        let bytes = |source: &ReplicaFile| source.size.saturating_mul(if local(source).is_some() { 1 } else { 2 });
        room::ensure(scratch, self.sources().iter().map(bytes).fold(0, u64::saturating_add))?;
        let (mut inputs, mut page_size, mut stopped) = (Vec::new(), None, None);
        for source in self.sources() {
            let input = Input::take(replica, source, local(source), scratch).await?;
            let Some(found) = input.page_size()? else { return Ok(Merged::damaged(source)) };
            if *page_size.get_or_insert(found) != found {
                stopped = Some(Stopped::Resized(source.txids.min()));
                break;
            }
            inputs.push(input);
        }
        if stopped.is_some() && self.level() == Level::SNAPSHOT {
            return Ok(Merged { file: None, stopped });
        }
        let part = self.first(inputs.len());
        let file = match part.sources() {
            [source] if source.size <= COPY_LIMIT => part.copy(replica, source).await?,
            sources => match whole(replica, sources, inputs, scratch).await? {
                Ok((path, summary)) => part.upload(replica, &path, &summary).await?,
                Err(damaged) => return Ok(Merged::damaged(&damaged)),
            },
        };
        Ok(Merged { file: Some(file), stopped })
    }

    async fn copy(&self, replica: &Replica, source: &ReplicaFile) -> Result<ReplicaFile> {
        failpoint!("maintenance: before a copy");
        replica.copy(source, self.level()).await?;
        failpoint!("maintenance: after a copy");
        Ok(ReplicaFile { level: self.level(), ..*source })
    }

    async fn upload(&self, replica: &Replica, path: &Path, summary: &Summary) -> Result<ReplicaFile> {
        let body = Body::File { path: path.to_path_buf(), size: summary.size };
        let timestamp = summary.header.timestamp;
        failpoint!("maintenance: before the PUT of a merged file");
        replica.upload(self.level(), self.txids(), body, timestamp, true).await?;
        failpoint!("maintenance: after the PUT of a merged file");
        Ok(ReplicaFile { level: self.level(), txids: self.txids(), size: summary.size, created_at: timestamp })
    }
}

impl Merged {
    fn damaged(file: &ReplicaFile) -> Merged {
        Merged { file: None, stopped: Some(Stopped::Damaged(*file)) }
    }
}

/// Merges; a staged source that is damaged is replaced by the replica's. The inner error: the replica's is damaged,
/// too.
async fn whole(
    replica: &Replica,
    sources: &[ReplicaFile],
    mut inputs: Vec<Input>,
    scratch: &Path,
) -> Result<Result<(TempPath, Summary), ReplicaFile>> {
    loop {
        let folder = scratch.to_owned();
        let merging = task::spawn_blocking(move || {
            let merged = merge(&inputs, &folder);
            let damaged = merged.as_ref().err().map_or(Ok(None), |_| first_damaged(&inputs));
            (merged, damaged, inputs)
        });
        let (merged, damaged, back) = merging.await.map_err(|error| Error::Internal(error.to_string()))?;
        inputs = back;
        match (merged, damaged) {
            (Ok(merged), _) => return Ok(Ok(merged)),
            (Err(Error::Corrupt { .. }), Ok(Some(index))) if inputs[index].is_staged() => {
                inputs[index] = Input::fetch(replica, &sources[index], scratch).await?;
            }
            (Err(Error::Corrupt { .. }), Ok(Some(index))) => return Ok(Err(sources[index])),
            (Err(error), _) => return Err(error),
        }
    }
}

fn first_damaged(inputs: &[Input]) -> Result<Option<usize>> {
    for (index, input) in inputs.iter().enumerate() {
        if !input.is_sound()? {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

fn merge(inputs: &[Input], scratch: &Path) -> Result<(TempPath, Summary)> {
    let mut readers = Vec::new();
    for input in inputs {
        readers.push(input.open()?);
    }
    let (file, path) = temporary(scratch)?.into_parts();
    // The merge writes in large pieces itself.
    let merged = ltx::merge_with_scratch(readers, file, spooled_tempfile_in(0, scratch));
    let summary = merged.map_err(|error| match error {
        ltx::Error::Io(source) => Error::io("write", &*path)(source),
        error => Error::Corrupt { what: "files to be merged".into(), problem: error.to_string() },
    })?;
    Ok((path, summary))
}
