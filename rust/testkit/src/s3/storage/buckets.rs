//! Buckets, objects and uploads behind one lock.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use s3s::validation::{AwsNameValidation, NameValidation};
use s3s::{S3Error, S3Result, s3_error};

use super::conditions::Precondition;
use super::content::Intake;
use super::digests::{Algorithm, Checksums};
use super::folder::Folder;
use super::listing::{Listing, Page};
use super::object::{Attributes, Object, ObjectView, Objects};
use super::uploads::{Part, Upload};

/// All data of a server.
pub(in crate::s3) struct Storage {
    folder: Option<Folder>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    buckets: BTreeMap<String, Objects>,
    uploads: BTreeMap<String, Upload>,
    last_upload: u64,
    /// Deletions of keys that contain one of these are denied.
    locked: Vec<String>,
}

impl State {
    fn bucket(&mut self, name: &str) -> S3Result<&mut Objects> {
        let missing = || s3_error!(NoSuchBucket, "The specified bucket does not exist");
        self.buckets.get_mut(name).ok_or_else(missing)
    }

    fn upload(&mut self, bucket: &str, key: &str, id: &str) -> S3Result<&mut Upload> {
        self.bucket(bucket)?;
        self.uploads
            .get_mut(id)
            .filter(|upload| upload.bucket == bucket && upload.key == key)
            .ok_or_else(|| s3_error!(NoSuchUpload, "The specified multipart upload does not exist"))
    }
}

impl Storage {
    pub(in crate::s3) fn open(folder: Option<&Path>) -> io::Result<Self> {
        let (folder, buckets) = match folder {
            None => (None, BTreeMap::new()),
            Some(path) => {
                let (folder, buckets) = Folder::open(path)?;
                (Some(folder), buckets)
            }
        };
        Ok(Self { folder, state: Mutex::new(State { buckets, ..State::default() }) })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Room for a new content.
    pub(in crate::s3) fn intake(&self, algorithms: &[Algorithm]) -> S3Result<Intake> {
        match &self.folder {
            None => Ok(Intake::memory(algorithms)),
            Some(folder) => Intake::file(folder.new_blob(), algorithms).map_err(S3Error::internal_error),
        }
    }

    pub(in crate::s3) fn buckets(&self) -> Vec<String> {
        self.lock().buckets.keys().cloned().collect()
    }

    /// True if the bucket is new.
    fn add_bucket(&self, name: &str) -> io::Result<bool> {
        if !AwsNameValidation::new().validate_bucket_name(name) {
            let why = format!("{name:?} is no bucket name: 3 to 63 of a-z, 0-9, '.' and '-'");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let mut state = self.lock();
        if state.buckets.contains_key(name) {
            return Ok(false);
        }
        if let Some(folder) = &self.folder {
            folder.create_bucket(name)?;
        }
        state.buckets.insert(name.to_owned(), Objects::new());
        Ok(true)
    }

    pub(in crate::s3) fn ensure_bucket(&self, name: &str) -> io::Result<()> {
        self.add_bucket(name).map(|_| ())
    }

    pub(in crate::s3) fn create_bucket(&self, name: &str) -> S3Result<()> {
        match self.add_bucket(name) {
            Ok(true) => Ok(()),
            Ok(false) => Err(s3_error!(BucketAlreadyOwnedByYou, "You already own this bucket")),
            Err(error) => Err(S3Error::internal_error(error)),
        }
    }

    pub(in crate::s3) fn delete_bucket(&self, name: &str) -> S3Result<()> {
        let mut state = self.lock();
        if !state.bucket(name)?.is_empty() {
            return Err(s3_error!(BucketNotEmpty, "The bucket you tried to delete is not empty"));
        }
        if let Some(folder) = &self.folder {
            folder.delete_bucket(name).map_err(S3Error::internal_error)?;
        }
        state.buckets.remove(name);
        state.uploads.retain(|_, upload| upload.bucket != name);
        Ok(())
    }

    pub(in crate::s3) fn check_bucket(&self, name: &str) -> S3Result<()> {
        self.lock().bucket(name).map(|_| ())
    }

    pub(in crate::s3) fn get(&self, bucket: &str, key: &str) -> S3Result<Arc<Object>> {
        let missing = || s3_error!(NoSuchKey, "The specified key does not exist.");
        self.lock().bucket(bucket)?.get(key).cloned().ok_or_else(missing)
    }

    /// Stores an object if the condition holds; both in one step.
    pub(in crate::s3) fn put(&self, bucket: &str, key: &str, object: Object, condition: &Precondition) -> S3Result<()> {
        self.put_locked(&mut self.lock(), bucket, key, object, condition)
    }

    fn put_locked(
        &self,
        state: &mut State,
        bucket: &str,
        key: &str,
        object: Object,
        condition: &Precondition,
    ) -> S3Result<()> {
        let objects = state.bucket(bucket)?;
        condition.check(objects.get(key).map(Arc::as_ref))?;
        if let Some(folder) = &self.folder {
            folder.store(bucket, key, &object).map_err(S3Error::internal_error)?;
        }
        object.content.keep(true);
        if let Some(old) = objects.insert(key.to_owned(), Arc::new(object)) {
            old.content.keep(false);
        }
        Ok(())
    }

    /// Denies deletions of objects whose key contains `text` from now on.
    pub(in crate::s3) fn lock_objects(&self, text: &str) {
        self.lock().locked.push(text.to_owned());
    }

    /// Removes an object; one that is not there is no error.
    pub(in crate::s3) fn delete(&self, bucket: &str, key: &str, condition: &Precondition) -> S3Result<()> {
        let mut state = self.lock();
        let objects = state.bucket(bucket)?;
        condition.check(objects.get(key).map(Arc::as_ref))?;
        let Some(old) = objects.get(key).cloned() else {
            return Ok(());
        };
        if state.locked.iter().any(|text| key.contains(text)) {
            return Err(s3_error!(AccessDenied, "The object is locked"));
        }
        let objects = state.bucket(bucket)?;
        if let Some(folder) = &self.folder {
            folder.forget(bucket, key).map_err(S3Error::internal_error)?;
        }
        old.content.keep(false);
        objects.remove(key);
        Ok(())
    }

    pub(in crate::s3) fn list(&self, bucket: &str, listing: &Listing) -> S3Result<Page> {
        Ok(listing.page(self.lock().bucket(bucket)?))
    }

    pub(in crate::s3) fn begin_upload(&self, upload: Upload) -> S3Result<String> {
        let mut state = self.lock();
        state.bucket(&upload.bucket)?;
        state.last_upload += 1;
        let id = format!("upload-{:08}", state.last_upload);
        state.uploads.insert(id.clone(), upload);
        Ok(id)
    }

    /// A copy of an upload; contents are shared.
    pub(in crate::s3) fn upload(&self, bucket: &str, key: &str, id: &str) -> S3Result<Upload> {
        self.lock().upload(bucket, key, id).cloned()
    }

    /// The uploads of a bucket with their ids, by key and then by age.
    pub(in crate::s3) fn uploads(&self, bucket: &str) -> S3Result<Vec<(String, Upload)>> {
        let mut state = self.lock();
        state.bucket(bucket)?;
        let of_bucket = state.uploads.iter().filter(|(_, upload)| upload.bucket == bucket);
        let mut uploads: Vec<_> = of_bucket.map(|(id, upload)| (id.clone(), upload.clone())).collect();
        uploads.sort_by(|a, b| (&a.1.key, &a.0).cmp(&(&b.1.key, &b.0)));
        Ok(uploads)
    }

    pub(in crate::s3) fn put_part(&self, bucket: &str, key: &str, id: &str, number: i32, part: Part) -> S3Result<()> {
        self.lock().upload(bucket, key, id)?.parts.insert(number, part);
        Ok(())
    }

    /// Turns an upload into an object if the condition holds. On failure the upload stays.
    pub(in crate::s3) fn complete_upload(
        &self,
        bucket: &str,
        key: &str,
        id: &str,
        object: Object,
        condition: &Precondition,
    ) -> S3Result<()> {
        let mut state = self.lock();
        state.upload(bucket, key, id)?;
        self.put_locked(&mut state, bucket, key, object, condition)?;
        state.uploads.remove(id);
        Ok(())
    }

    pub(in crate::s3) fn abort_upload(&self, bucket: &str, key: &str, id: &str) -> S3Result<()> {
        let mut state = self.lock();
        state.upload(bucket, key, id)?;
        state.uploads.remove(id);
        Ok(())
    }

    pub(in crate::s3) fn views(&self, bucket: &str) -> Option<Vec<ObjectView>> {
        let state = self.lock();
        let objects = state.buckets.get(bucket)?;
        Some(objects.iter().map(|(key, object)| object.view(key)).collect())
    }

    pub(in crate::s3) fn data(&self, bucket: &str, key: &str) -> Option<Bytes> {
        let object = self.get(bucket, key).ok()?;
        object.content.read(0..object.content.size()).ok()
    }

    /// True if there was one.
    pub(in crate::s3) fn remove(&self, bucket: &str, key: &str) -> bool {
        self.get(bucket, key).is_ok() && self.delete(bucket, key, &Precondition::default()).is_ok()
    }

    /// Changes the bytes of an object and nothing else, or makes a plain one.
    pub(in crate::s3) fn tamper(&self, bucket: &str, key: &str, data: &[u8]) -> io::Result<()> {
        let mut intake = self.intake(&[]).map_err(io::Error::other)?;
        intake.write(data)?;
        let (content, digests) = intake.finish();
        let etag = hex::encode(digests.md5);
        let object = match self.get(bucket, key) {
            Ok(old) => Object { content, etag, checksums: Checksums::default(), ..(*old).clone() },
            Err(_) => Object {
                content,
                etag,
                modified: SystemTime::now(),
                checksums: Checksums::default(),
                attributes: Attributes::default(),
            },
        };
        self.put(bucket, key, object, &Precondition::default()).map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::atomic::{AtomicUsize, Ordering};

    use s3s::dto::{ETag, ETagCondition};

    use super::*;

    const CONTESTANTS: usize = 2;
    const TURNS: usize = 20_000;

    fn object(storage: &Storage, data: &str) -> Object {
        let mut intake = storage.intake(&[]).unwrap();
        intake.write(data.as_bytes()).unwrap();
        let (content, digests) = intake.finish();
        Object {
            content,
            etag: hex::encode(digests.md5),
            modified: SystemTime::UNIX_EPOCH,
            checksums: Checksums::default(),
            attributes: Attributes::default(),
        }
    }

    /// Lets all contestants put with the same condition at the same moment, turn after turn. A check
    /// and a write that are two steps fail here within some thousand turns.
    fn race(storage: &Storage, condition: impl Fn() -> Precondition + Sync) {
        let arrived = AtomicUsize::new(0);
        // Spins, since a sleeper wakes too late to meet anyone.
        let meet = |meeting: usize| {
            arrived.fetch_add(1, Ordering::SeqCst);
            while arrived.load(Ordering::SeqCst) < meeting * CONTESTANTS {
                std::thread::yield_now();
            }
        };
        let winners: Vec<AtomicUsize> = (0..TURNS).map(|_| AtomicUsize::new(0)).collect();
        std::thread::scope(|scope| {
            for _ in 0..CONTESTANTS {
                scope.spawn(|| {
                    for (turn, winners) in winners.iter().enumerate() {
                        let condition = condition();
                        let object = object(storage, &format!("turn {turn}"));
                        let key = if condition.if_match.is_some() { "one" } else { &format!("{turn}") };
                        meet(2 * turn + 1);
                        if storage.put("bucket", key, object, &condition).is_ok() {
                            winners.fetch_add(1, Ordering::SeqCst);
                        }
                        meet(2 * turn + 2);
                    }
                });
            }
        });
        let wrong = winners.iter().filter(|winners| winners.load(Ordering::SeqCst) != 1).count();
        assert_eq!(wrong, 0, "turns without exactly one winner");
    }

    /// One test, not two: each race wants both cores of a small machine.
    #[test]
    fn one_of_many_creates_and_one_of_many_replaces() {
        let storage = Storage::open(None).unwrap();
        storage.create_bucket("bucket").unwrap();
        race(&storage, || Precondition { if_match: None, if_none_match: Some(ETagCondition::Any) });

        storage.put("bucket", "one", object(&storage, "start"), &Precondition::default()).unwrap();
        race(&storage, || {
            let etag = storage.get("bucket", "one").unwrap().etag.clone();
            Precondition { if_match: Some(ETagCondition::ETag(ETag::Strong(etag))), if_none_match: None }
        });
    }
}
