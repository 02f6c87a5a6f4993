//! Writes a file so that a crash at any instant leaves the old file, the new one, or none.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tempfile::NamedTempFile;

use super::blocking;
use crate::{
    clock, failpoint,
    store::{Body, PutOptions},
};

pub(super) const TEMPORARY_PREFIX: &str = ".";
pub(super) const TEMPORARY_SUFFIX: &str = ".tmp";

/// Bytes copied between two checks that the caller still waits.
const STRIDE: u64 = 8 << 20;

/// Writes a whole file. [`io::ErrorKind::AlreadyExists`] if the name is taken and `only_if_absent` is set.
pub(super) async fn write(path: PathBuf, body: Body, options: PutOptions) -> io::Result<()> {
    let abandoned = Abandoned::default();
    let flag = Arc::clone(&abandoned.0);
    blocking(move || write_now(&path, &body, options, &flag)).await
}

/// Set when the caller's future is dropped, so that a long copy ends soon.
#[derive(Default)]
struct Abandoned(Arc<AtomicBool>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn write_now(path: &Path, body: &Body, options: PutOptions, abandoned: &AtomicBool) -> io::Result<()> {
    let folder = parent(path);
    make_folder(folder)?;
    let mut file = temporary(path, folder)?;
    match body {
        Body::Bytes(bytes) => file.write_all(bytes)?,
        Body::File { path, size } => copy(path, *size, file.as_file_mut(), abandoned)?,
    }
    if let Some(timestamp) = options.timestamp {
        file.as_file().set_modified(clock::to_system(timestamp))?;
    }
    failpoint!("store: before the fsync");
    file.as_file().sync_all()?;
    failpoint!("store: before the rename");
    if options.only_if_absent {
        file.persist_noclobber(path).map_err(|failure| failure.error)?;
    } else {
        file.persist(path).map_err(|failure| failure.error)?;
    }
    failpoint!("store: after the rename");
    sync_folder(folder)?;
    failpoint!("store: after the fsync of the folder");
    Ok(())
}

fn temporary(path: &Path, folder: &Path) -> io::Result<NamedTempFile> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    tempfile::Builder::new().prefix(&format!("{TEMPORARY_PREFIX}{name}.")).suffix(TEMPORARY_SUFFIX).tempfile_in(folder)
}

fn copy(from: &Path, size: u64, to: &mut File, abandoned: &AtomicBool) -> io::Result<()> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", from.display()));
    let mut from_file = File::open(from).map_err(named)?;
    let mut copied = 0;
    while !abandoned.load(Ordering::Relaxed) {
        let step = io::copy(&mut (&mut from_file).take(STRIDE), to).map_err(named)?;
        copied += step;
        if step < STRIDE {
            return if copied == size {
                Ok(())
            } else {
                Err(named(io::Error::other(format!("holds {copied} bytes, not {size}"))))
            };
        }
    }
    Err(io::ErrorKind::Interrupted.into())
}

/// Creates the folder and its missing parents, each fsynced into its parent.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = parent(folder);
    if above == folder {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    make_folder(above)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        other => other?,
    }
    failpoint!("store: before the fsync of a new folder");
    sync_folder(above)
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
