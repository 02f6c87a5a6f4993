//! A source of a merge, on this machine.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use litestream_core::{
    Error, Result,
    replica::{Replica, ReplicaFile},
    store::ByteRange,
};
use ltx::{Decoder, Header, PageSize};
use tempfile::{NamedTempFile, TempPath};

use crate::stage::TEMPORARY_PREFIX;

pub(super) enum Input {
    Staged(PathBuf),
    /// Deleted when dropped.
    Fetched(TempPath),
}

impl Input {
    /// From where it lies staged, else from the replica.
    pub(super) async fn take(
        replica: &Replica,
        source: &ReplicaFile,
        staged: Option<PathBuf>,
        scratch: &Path,
    ) -> Result<Input> {
        match staged.map(Input::Staged) {
            // A damaged one is no loss: what was merged was uploaded.
            Some(staged) if staged.header()?.is_some() => Ok(staged),
            _ => Input::fetch(replica, source, scratch).await,
        }
    }

    pub(super) async fn fetch(replica: &Replica, source: &ReplicaFile, scratch: &Path) -> Result<Input> {
        let (mut file, path) = temporary(scratch)?.into_parts();
        let mut chunks = replica.read(source.level, source.txids, ByteRange::ALL).await?;
        while let Some(chunk) = chunks.next().await? {
            file.write_all(&chunk).map_err(Error::io("write", &*path))?;
        }
        Ok(Input::Fetched(path))
    }

    pub(super) fn is_staged(&self) -> bool {
        matches!(self, Input::Staged(_))
    }

    pub(super) fn open(&self) -> Result<File> {
        let path = self.path();
        File::open(path).map_err(Error::io("open", path))
    }

    /// `None`: its header is damaged.
    pub(super) fn page_size(&self) -> Result<Option<PageSize>> {
        Ok(self.header()?.map(|header| header.page_size))
    }

    /// True if the file can be read to its end and every checksum fits.
    pub(super) fn is_sound(&self) -> Result<bool> {
        let prove = |file| {
            let mut decoder = Decoder::new(file)?;
            let mut page = Vec::new();
            while decoder.next_page(&mut page)?.is_some() {}
            decoder.finish()
        };
        match prove(self.open()?) {
            Ok(_) => Ok(true),
            Err(ltx::Error::Io(source)) => Err(Error::io("read", self.path())(source)),
            Err(_) => Ok(false),
        }
    }

    fn header(&self) -> Result<Option<Header>> {
        let mut header = [0; Header::LEN];
        match self.open()?.read_exact(&mut header) {
            Ok(()) => Ok(Header::decode(&header).ok()),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(Error::io("read", self.path())(error)),
        }
    }

    fn path(&self) -> &Path {
        match self {
            Input::Staged(path) => path,
            Input::Fetched(path) => path,
        }
    }
}
pub(super) fn temporary(scratch: &Path) -> Result<NamedTempFile> {
    let made = tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempfile_in(scratch);
    made.map_err(Error::io("create a temporary file in", scratch))
}
