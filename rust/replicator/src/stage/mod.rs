//! The local spool: captured L0 files under `<meta>/ltx/0/`, where official Litestream keeps its own. A file under a
//! final name is whole (G1).

pub mod ltx_writer;
pub mod pins;
pub mod squash;
pub mod writeback;

use std::{
    cmp::Reverse,
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use litestream_core::{Error, Result, failpoint};
use ltx::{Decoder, Header, PageNumber, Summary, Trailer, TxidRange, file_name};

use crate::{
    stage::ltx_writer::{LtxWriter, write_pages},
    status::Status,
};

/// The content of a database is for its owner alone.
const DIRECTORY_MODE: u32 = 0o700;
pub(crate) const FILE_MODE: u32 = 0o600;

/// Prefix of temporary files, by which a killed process's leftovers are recognised.
pub const TEMPORARY_PREFIX: &str = ".compaction-";

#[derive(Clone, Debug)]
pub struct Stage {
    directory: PathBuf,
}

impl Stage {
    /// Creates the directory if need be and removes what an interrupted capture left half written.
    pub fn open(meta_path: &Path) -> Result<Self> {
        let directory = meta_path.join("ltx").join("0");
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(DIRECTORY_MODE);
        builder.create(&directory).map_err(Error::io("create", &directory))?;
        let stage = Stage { directory };
        stage.remove_leftovers()?;
        Ok(stage)
    }

    /// Removes what an interrupted capture left half written. No capture may be under way.
    pub fn remove_leftovers(&self) -> Result<()> {
        for (name, path) in self.entries()? {
            if name.ends_with(".tmp") {
                failpoint!("stage: before a leftover goes");
                fs::remove_file(&path).map_err(Error::io("remove", path))?;
            }
        }
        Ok(())
    }

    /// For messages.
    pub fn location(&self) -> std::path::Display<'_> {
        self.directory.display()
    }

    pub fn path(&self, txids: impl Into<TxidRange>) -> PathBuf {
        self.directory.join(file_name::format(txids.into()))
    }

    /// The TXID ranges of the staged files, ascending, without files that another one contains.
    pub fn files(&self) -> Result<Vec<TxidRange>> {
        Ok(needed(&self.all_files()?))
    }

    /// By first transaction; of several, the one that reaches farthest comes first.
    fn all_files(&self) -> Result<Vec<TxidRange>> {
        let mut files: Vec<_> = self.entries()?.into_iter().filter_map(|(name, _)| file_name::parse(&name)).collect();
        files.sort_by_key(|txids| (txids.min(), Reverse(txids.max())));
        Ok(files)
    }

    /// Writes one file: temporary name, pages, fsync, rename, fsync of the directory. On failure nothing stays.
    pub fn write(&self, header: Header, pages: impl FnOnce(&mut LtxWriter) -> Result<()>) -> Result<Summary> {
        let path = self.path(header.txids);
        let temporary = path.with_extension("ltx.tmp");
        let written =
            write_whole(&temporary, header, pages).and_then(|summary| self.rename(&temporary, &path).map(|()| summary));
        if written.is_err() {
            // The first error says what went wrong; a leftover is removed at the next start.
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    /// Header of a staged file, its content unproven.
    pub fn header(&self, txids: impl Into<TxidRange>) -> Result<Header> {
        let txids = txids.into();
        let fingerprint = self.fingerprint(txids)?;
        Header::decode(&fingerprint.header).map_err(|error| unreadable(&self.path(txids), error))
    }

    /// Hands out every page of a staged file; what was handed out is proven only once this returns.
    pub fn decode(
        &self,
        txids: impl Into<TxidRange>,
        mut page: impl FnMut(PageNumber, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let path = self.path(txids);
        let file = File::open(&path).map_err(Error::io("open", &path))?;
        let mut decoder = Decoder::new(file).map_err(|error| unreadable(&path, error))?;
        let mut image = Vec::new();
        while let Some(number) = decoder.next_page(&mut image).map_err(|error| unreadable(&path, error))? {
            page(number, &image)?;
        }
        decoder.finish().map_err(|error| unreadable(&path, error))?;
        Ok(())
    }

    /// The bytes at both ends of a staged file, which together prove its whole content: the header and the trailer
    /// with the file checksum.
    pub fn fingerprint(&self, txids: impl Into<TxidRange>) -> Result<Fingerprint> {
        let path = self.path(txids);
        let read = || -> io::Result<Fingerprint> {
            let file = File::open(&path)?;
            let size = file.metadata()?.len();
            let mut fingerprint = Fingerprint { size, header: [0; Header::LEN], trailer: [0; Trailer::LEN] };
            file.read_exact_at(&mut fingerprint.header, 0)?;
            file.read_exact_at(&mut fingerprint.trailer, size.saturating_sub(Trailer::LEN as u64))?;
            Ok(fingerprint)
        };
        read().map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                Error::Corrupt { what: path.display().to_string(), problem: "it is too short".to_owned() }
            }
            _ => Error::io("read", &path)(error),
        })
    }

    /// Removes parts of a file that was squashed from them, in case that was interrupted.
    pub fn remove_superseded(&self) -> Result<()> {
        // One listing decides: what is captured meanwhile is in no earlier one.
        let all = self.all_files()?;
        let needed = needed(&all);
        self.remove_all(all.into_iter().filter(|txids| !needed.contains(txids)))
    }

    /// Removes every file that is not needed any more.
    pub fn trim(&self, status: &Status) -> Result<()> {
        let Some(needed) = status.staged_from() else { return Ok(()) };
        self.remove_all(self.all_files()?.into_iter().filter(|staged| staged.max() < needed))
    }

    /// The newest first: what a death leaves is the beginning of one history, and no end of it that might be taken for
    /// what follows another (G4).
    pub fn clear(&self) -> Result<()> {
        self.remove_all(self.all_files()?.into_iter().rev())
    }

    fn remove_all(&self, condemned: impl Iterator<Item = TxidRange>) -> Result<()> {
        for txids in condemned {
            let path = self.path(txids);
            failpoint!("stage: before a removal");
            fs::remove_file(&path).map_err(Error::io("remove", path))?;
        }
        Ok(())
    }

    fn entries(&self) -> Result<Vec<(String, PathBuf)>> {
        let read = || -> io::Result<Vec<(String, PathBuf)>> {
            let named = |entry: io::Result<fs::DirEntry>| {
                entry.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
            };
            fs::read_dir(&self.directory)?.map(named).collect()
        };
        read().map_err(Error::io("list", &self.directory))
    }

    fn rename(&self, temporary: &Path, path: &Path) -> Result<()> {
        failpoint!("stage: before the rename");
        fs::rename(temporary, path).map_err(Error::io("rename to", path))?;
        failpoint!("stage: after the rename");
        self.sync_directory()?;
        failpoint!("stage: after the fsync of the folder");
        Ok(())
    }

    pub(crate) fn sync_directory(&self) -> Result<()> {
        let sync = || File::open(&self.directory)?.sync_all();
        sync().map_err(Error::io("sync", &self.directory))
    }
}

/// Fsynced at the end.
fn write_whole(path: &Path, header: Header, pages: impl FnOnce(&mut LtxWriter) -> Result<()>) -> Result<Summary> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(FILE_MODE).open(path);
    let (file, summary) = write_pages(file.map_err(Error::io("create", path))?, path, header, pages)?;
    failpoint!("stage: before the fsync");
    file.sync().map_err(Error::io("sync", path))?;
    Ok(summary)
}

/// The files, in the order of [`Stage::all_files`], that no other file contains.
fn needed(files: &[TxidRange]) -> Vec<TxidRange> {
    let mut reached = None;
    let further = |txids: &&TxidRange| {
        let further = reached < Some(txids.max());
        reached = reached.max(Some(txids.max()));
        further
    };
    files.iter().filter(further).copied().collect()
}

/// See [`Stage::fingerprint`].
#[derive(PartialEq, Eq, Debug)]
pub struct Fingerprint {
    /// Size of the whole file in bytes.
    pub size: u64,
    pub header: [u8; Header::LEN],
    pub trailer: [u8; Trailer::LEN],
}

fn unreadable(path: &Path, error: ltx::Error) -> Error {
    match error {
        ltx::Error::Io(source) => Error::io("read", path)(source),
        error => Error::Corrupt { what: path.display().to_string(), problem: error.to_string() },
    }
}
