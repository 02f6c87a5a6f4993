//! Downloads the files of a plan in order, several parts ahead of the reader, in bounded memory.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time,
};

use crate::{
    Error, Result,
    replica::{Replica, ReplicaFile},
    store::ByteRange,
};

/// Bytes per request; a larger file takes several requests in parallel.
const PART: u64 = 2 << 20;

/// Bytes in flight or waiting to be read, over all files.
const AHEAD: u64 = 10 << 20;

/// Requests in flight, to hide the latency of many small files.
const REQUESTS: usize = 32;

/// Consecutive attempts without a new byte, and the first pause between them, which then doubles. A broken download
/// resumes at the byte where it broke.
const RESUMPTIONS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 250 });

/// Consecutive bytes of one file, some of them not downloaded yet.
pub(super) struct DownloadPart {
    /// Bytes that `chunks` has yet to deliver.
    pub(super) left: u64,
    /// Ends early if the download failed.
    pub(super) chunks: mpsc::UnboundedReceiver<Chunk>,
}

/// Bytes as they arrived. Until dropped, they count against [`AHEAD`].
pub(super) struct Chunk {
    pub(super) bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

/// Sends every byte of `files`, in order, and ends early if the receiver is dropped. Parts carry no file boundaries:
/// the reader knows the sizes.
pub(super) async fn fetch(
    replica: &Replica,
    files: &[ReplicaFile],
    feed: mpsc::UnboundedSender<DownloadPart>,
) -> Result<()> {
    let room = Arc::new(Semaphore::new(AHEAD as usize));
    let mut requests = files.iter().copied().flat_map(parts).peekable();
    let mut downloads = FuturesUnordered::new();
    loop {
        let next = requests.peek().filter(|_| downloads.len() < REQUESTS).copied();
        if next.is_none() && downloads.is_empty() {
            return Ok(());
        }
        let size = next.map_or(0, |(_, range)| range_size(range));
        tokio::select! {
            permit = Arc::clone(&room).acquire_many_owned(size), if next.is_some() => {
                let room = permit.map_err(|error| Error::Internal(error.to_string()))?;
                let Some((file, range)) = requests.next() else { continue };
                let (chunks, part) = mpsc::unbounded_channel();
                if feed.send(DownloadPart { left: u64::from(size), chunks: part }).is_err() {
                    return Ok(());
                }
                downloads.push(download(replica, file, range, Outlet { chunks, room }));
            }
            Some(downloaded) = downloads.next(), if !downloads.is_empty() => downloaded?,
            () = feed.closed() => return Ok(()),
        }
    }
}

fn parts(file: ReplicaFile) -> impl Iterator<Item = (ReplicaFile, ByteRange)> {
    (0..file.size)
        .step_by(PART as usize)
        .map(move |start| (file, ByteRange { start, end: Some(file.size.min(start + PART)) }))
}

/// The size fits into 32 bits: no part is larger than [`PART`].
fn range_size(range: ByteRange) -> u32 {
    range.end.map_or(0, |end| (end - range.start) as u32)
}

/// The sending end of a [`DownloadPart`], with permits for the bytes not sent yet.
struct Outlet {
    chunks: mpsc::UnboundedSender<Chunk>,
    room: OwnedSemaphorePermit,
}

impl Outlet {
    fn send(&mut self, bytes: Bytes) {
        let room = self.room.split(bytes.len());
        // Without a reader the whole download ends soon.
        let _ = self.chunks.send(Chunk { bytes, _room: room });
    }
}

async fn download(replica: &Replica, file: ReplicaFile, mut range: ByteRange, mut outlet: Outlet) -> Result<()> {
    let mut in_vain = 0;
    let mut start = range.start;
    while let Err(error) = download_rest(replica, &file, &mut range, &mut outlet).await {
        in_vain = if range.start > start { 0 } else { in_vain + 1 };
        start = range.start;
        let again = error.is_retryable() && in_vain <= RESUMPTIONS;
        if !again {
            return Err(error);
        }
        tracing::debug!(file = %file.txids, level = %file.level, %error, "download broke off, resuming");
        time::sleep(PAUSE * 2u32.pow(in_vain)).await;
    }
    Ok(())
}

/// Moves the start of `range` past every received byte, so that a later call requests only the rest.
async fn download_rest(
    replica: &Replica,
    file: &ReplicaFile,
    range: &mut ByteRange,
    outlet: &mut Outlet,
) -> Result<()> {
    if Some(range.start) == range.end {
        return Ok(());
    }
    let mut body = replica.read(file.level, file.txids, *range).await?;
    while let Some(bytes) = body.next().await? {
        range.start += bytes.len() as u64;
        outlet.send(bytes);
    }
    Ok(())
}
