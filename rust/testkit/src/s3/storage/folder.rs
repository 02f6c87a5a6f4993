//! A server's data in a folder, so that it survives a restart, even by SIGKILL.
//!
//! ```text
//! FOLDER/lock                      held while a server uses the folder
//! FOLDER/blobs/<name>              the bytes of one object
//! FOLDER/buckets/<bucket>/<sha256 of key>.json   the object, and the name of its blob
//! ```
//!
//! An object changes by the rename of its JSON file. Blobs that no JSON names are removed at start.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use s3s::crypto::{Checksum as _, Sha256};
use serde::{Deserialize, Serialize};

use super::content::{Blob, Content};
use super::digests::Checksums;
use super::object::{Attributes, Object, Objects};

pub(super) struct Folder {
    root: PathBuf,
    /// Makes blob names unlike those of earlier runs.
    run: u128,
    last_blob: AtomicU64,
    _lock: File,
}

/// The JSON form of an object.
#[derive(Serialize, Deserialize)]
struct Record {
    key: String,
    blob: String,
    size: u64,
    etag: String,
    modified_milliseconds: u64,
    checksums: Checksums,
    attributes: Attributes,
}

impl Folder {
    /// Opens or makes a folder and reads what is in it.
    pub(super) fn open(root: &Path) -> io::Result<(Self, BTreeMap<String, Objects>)> {
        fs::create_dir_all(root.join("blobs"))?;
        fs::create_dir_all(root.join("buckets"))?;
        let lock = File::create(root.join("lock"))?;
        lock.try_lock().map_err(|error| {
            io::Error::other(format!("{}: another server uses this folder ({error})", root.display()))
        })?;
        let run = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
        let folder = Self { root: root.to_owned(), run, last_blob: AtomicU64::new(0), _lock: lock };
        let buckets = folder.load()?;
        folder.sweep(&buckets)?;
        Ok((folder, buckets))
    }

    fn load(&self) -> io::Result<BTreeMap<String, Objects>> {
        let mut buckets = BTreeMap::new();
        for bucket in fs::read_dir(self.root.join("buckets"))? {
            let bucket = bucket?;
            let mut objects = Objects::new();
            for file in fs::read_dir(bucket.path())? {
                let path = file?.path();
                if path.extension().is_some_and(|extension| extension == "json") {
                    let (key, object) = self.read(&path)?;
                    objects.insert(key, Arc::new(object));
                }
            }
            buckets.insert(bucket.file_name().to_string_lossy().into_owned(), objects);
        }
        Ok(buckets)
    }

    fn read(&self, path: &Path) -> io::Result<(String, Object)> {
        let record: Record = serde_json::from_slice(&fs::read(path)?)?;
        let blob =
            Blob { path: self.root.join("blobs").join(&record.blob), size: record.size, kept: AtomicBool::new(true) };
        let object = Object {
            content: Content::File(Arc::new(blob)),
            etag: record.etag,
            modified: SystemTime::UNIX_EPOCH + Duration::from_millis(record.modified_milliseconds),
            checksums: record.checksums,
            attributes: record.attributes,
        };
        Ok((record.key, object))
    }

    fn sweep(&self, buckets: &BTreeMap<String, Objects>) -> io::Result<()> {
        let objects = buckets.values().flat_map(Objects::values);
        let used: HashSet<&Path> = objects.filter_map(|object| blob_path(&object.content)).collect();
        for file in fs::read_dir(self.root.join("blobs"))? {
            let path = file?.path();
            if !used.contains(path.as_path()) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    pub(super) fn new_blob(&self) -> PathBuf {
        let number = self.last_blob.fetch_add(1, Ordering::SeqCst);
        self.root.join("blobs").join(format!("{:x}-{number:x}", self.run))
    }

    pub(super) fn create_bucket(&self, name: &str) -> io::Result<()> {
        fs::create_dir(self.root.join("buckets").join(name))
    }

    pub(super) fn delete_bucket(&self, name: &str) -> io::Result<()> {
        fs::remove_dir_all(self.root.join("buckets").join(name))
    }

    pub(super) fn store(&self, bucket: &str, key: &str, object: &Object) -> io::Result<()> {
        let Some(blob) = blob_path(&object.content).and_then(Path::file_name) else {
            return Err(io::Error::other("an object of a folder has its bytes in a file"));
        };
        let view = object.view(key);
        let record = Record {
            key: view.key,
            blob: blob.to_string_lossy().into_owned(),
            size: view.size,
            etag: view.etag,
            modified_milliseconds: view.modified_milliseconds,
            checksums: object.checksums.clone(),
            attributes: object.attributes.clone(),
        };
        let path = self.record_path(bucket, key);
        let temporary = path.with_extension("new");
        fs::write(&temporary, serde_json::to_vec(&record)?)?;
        fs::rename(temporary, path)
    }

    pub(super) fn forget(&self, bucket: &str, key: &str) -> io::Result<()> {
        fs::remove_file(self.record_path(bucket, key))
    }

    fn record_path(&self, bucket: &str, key: &str) -> PathBuf {
        let name = format!("{}.json", hex::encode(Sha256::checksum(key.as_bytes())));
        self.root.join("buckets").join(bucket).join(name)
    }
}

fn blob_path(content: &Content) -> Option<&Path> {
    match content {
        Content::File(blob) => Some(&blob.path),
        Content::Memory(_) | Content::Joined(_) => None,
    }
}
