//! Writes a large file in parts, several at a time, so that only those are in memory.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use aws_sdk_s3::{
    error::ProvideErrorMetadata,
    primitives::{ByteStream, SdkBody},
    types::{CompletedMultipartUpload, CompletedPart},
};
use tokio::{runtime::Handle, task::JoinSet, time};

use super::{CONTENT_TYPE, Inner, TIMESTAMP, error::is_not_implemented, head};
use crate::{
    failpoint,
    store::{Key, PutOptions, StoreError},
};

/// Most parts that S3 accepts for one object.
const MOST_PARTS: u64 = 10_000;

/// Attempts to complete an upload while the server answers with success and an error inside it.
const COMPLETIONS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(500);

/// Longest time for the clean-up of a failed write.
const ABORT: Duration = Duration::from_secs(5);

pub(super) async fn put(
    inner: &Arc<Inner>,
    key: &Key,
    path: PathBuf,
    size: u64,
    options: PutOptions,
) -> Result<(), StoreError> {
    let file = open(&path, size).await;
    let file =
        file.map_err(|error| inner.context("write", key.as_str()).failed(format!("{}: {error}", path.display())))?;
    let mut upload = MultipartUpload::create(inner, key, options).await?;
    let written = match upload.parts(file, size).await {
        Ok(parts) => upload.complete(parts, size, options).await,
        Err(error) => Err(error),
    };
    upload.pending = false;
    if written.is_err() {
        // The write failed already, and that is the error to report.
        let _ = time::timeout(ABORT, abort(Arc::clone(inner), key.clone(), upload.id.clone())).await;
    }
    written
}

async fn open(path: &Path, size: u64) -> io::Result<Arc<File>> {
    let path = path.to_owned();
    let opened = tokio::task::spawn_blocking(move || {
        let file = File::open(path)?;
        let held = file.metadata()?.len();
        if held == size { Ok(file) } else { Err(io::Error::other(format!("holds {held} bytes, not {size}"))) }
    });
    opened.await.map_err(io::Error::other)?.map(Arc::new)
}

/// An upload that exists on the server and is neither complete nor aborted.
struct MultipartUpload {
    inner: Arc<Inner>,
    key: Key,
    id: String,
    pending: bool,
}

impl MultipartUpload {
    async fn create(inner: &Arc<Inner>, key: &Key, options: PutOptions) -> Result<Self, StoreError> {
        let context = inner.context("write", key.as_str());
        let mut request = inner
            .client
            .create_multipart_upload()
            .bucket(&inner.bucket)
            .key(key.as_str())
            .content_type(CONTENT_TYPE)
            .set_checksum_algorithm(inner.checksum.clone())
            .set_storage_class(inner.storage_class.clone());
        if let Some(timestamp) = options.timestamp {
            request = request.metadata(TIMESTAMP, timestamp.to_string());
        }
        let answer = request.send().await.map_err(|error| context.error(&error))?;
        let id =
            answer.upload_id.ok_or_else(|| context.failed("the server began an upload without naming it".into()))?;
        Ok(MultipartUpload { inner: Arc::clone(inner), key: key.clone(), id, pending: true })
    }

    /// Sends all parts and returns them in order.
    async fn parts(&self, file: Arc<File>, size: u64) -> Result<Vec<CompletedPart>, StoreError> {
        let part_size = self.inner.part_size.max(size.div_ceil(MOST_PARTS));
        let mut done = Vec::new();
        let mut sending = JoinSet::new();
        for (index, start) in (0..size).step_by(part_size as usize).enumerate() {
            if sending.len() == self.inner.concurrency {
                done.extend(next_part(&mut sending).await?);
            }
            let part = UploadPart {
                inner: Arc::clone(&self.inner),
                key: self.key.clone(),
                upload: self.id.clone(),
                number: index as i32 + 1,
                start,
                length: part_size.min(size - start) as usize,
            };
            sending.spawn(part.send(Arc::clone(&file)));
        }
        while let Some(part) = next_part(&mut sending).await? {
            done.push(part);
        }
        done.sort_by_key(|part| part.part_number);
        Ok(done)
    }

    async fn complete(&self, parts: Vec<CompletedPart>, size: u64, options: PutOptions) -> Result<(), StoreError> {
        let context = self.inner.context("write", self.key.as_str());
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let mut condition = self.inner.condition(options);
        let mut hidden = 0;
        loop {
            let request = self.inner.client.complete_multipart_upload().bucket(&self.inner.bucket);
            let request = request.key(self.key.as_str()).upload_id(&self.id).multipart_upload(parts.clone());
            failpoint!("multipart: before the completion");
            let error = match request.set_if_none_match(condition.map(str::to_owned)).send().await {
                Ok(_) => {
                    failpoint!("multipart: after the completion");
                    return Ok(());
                }
                Err(error) => error,
            };
            // The server may send its 200 early, and find an error after it.
            let success = error.raw_response().is_some_and(|response| response.status().is_success());
            if condition.is_some() && is_not_implemented(&error) {
                self.inner.refuses_conditions.store(true, Ordering::Relaxed);
                condition = None;
            } else if success && hidden + 1 < COMPLETIONS {
                hidden += 1;
                time::sleep(PAUSE * hidden).await;
            } else if error.code() == Some("NoSuchUpload") {
                return self.was_completed(size, options).await;
            } else {
                return Err(context.error(&error));
            }
        }
    }

    /// The upload is gone: it was completed and the answer lost, or another client aborted it.
    async fn was_completed(&self, size: u64, options: PutOptions) -> Result<(), StoreError> {
        let object = head::head(&self.inner, &self.key).await;
        let ours = object.as_ref().is_ok_and(|object| {
            object.size == size && options.timestamp.is_none_or(|timestamp| object.modified_at == timestamp)
        });
        match object {
            Ok(_) if options.only_if_absent => {
                Err(StoreError::AlreadyExists { location: self.inner.location(), key: self.key.clone() })
            }
            Ok(_) if ours => Ok(()),
            Err(error) if !error.is_not_found() => Err(error),
            _ => Err(self
                .inner
                .context("write", self.key.as_str())
                .failed("the server lost the upload of its parts".into())),
        }
    }
}

impl Drop for MultipartUpload {
    /// Aborts an unfinished upload. Its parts would stay otherwise, invisible and billed.
    fn drop(&mut self) {
        if let (true, Ok(runtime)) = (self.pending, Handle::try_current()) {
            runtime.spawn(abort(Arc::clone(&self.inner), self.key.clone(), self.id.clone()));
        }
    }
}

/// Leaves an upload that cannot be aborted to the bucket's lifecycle rules.
async fn abort(inner: Arc<Inner>, key: Key, id: String) {
    let request = inner.client.abort_multipart_upload().bucket(&inner.bucket).key(key.as_str()).upload_id(id);
    let _ = request.send().await;
}

/// `None` while no part is being sent.
async fn next_part(
    sending: &mut JoinSet<Result<CompletedPart, StoreError>>,
) -> Result<Option<CompletedPart>, StoreError> {
    match sending.join_next().await {
        None => Ok(None),
        Some(Ok(part)) => part.map(Some),
        Some(Err(lost)) => std::panic::resume_unwind(lost.into_panic()),
    }
}

struct UploadPart {
    inner: Arc<Inner>,
    key: Key,
    upload: String,
    number: i32,
    start: u64,
    length: usize,
}

impl UploadPart {
    async fn send(self, file: Arc<File>) -> Result<CompletedPart, StoreError> {
        let context = self.inner.context("write", self.key.as_str());
        let data = read(file, self.start, self.length).await.map_err(|error| context.failed(error.to_string()))?;
        let request = self.inner.client.upload_part().bucket(&self.inner.bucket).key(self.key.as_str());
        let request = request.upload_id(&self.upload).part_number(self.number);
        failpoint!("multipart: before a part");
        let answer = request.body(ByteStream::new(SdkBody::from(data))).send().await;
        let answer = answer.map_err(|error| context.error(&error))?;
        failpoint!("multipart: after a part");
        Ok(CompletedPart::builder()
            .part_number(self.number)
            .set_e_tag(answer.e_tag)
            .set_checksum_crc32(answer.checksum_crc32)
            .build())
    }
}

async fn read(file: Arc<File>, start: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut data = vec![0; length];
    let read = tokio::task::spawn_blocking(move || {
        file.read_exact_at(&mut data, start)?;
        Ok(data)
    });
    read.await.map_err(io::Error::other)?
}
