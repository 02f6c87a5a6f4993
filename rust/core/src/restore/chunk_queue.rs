//! The blocking end of a download: the bytes of one file after the other, for a decoder on its own thread.

use std::io::{self, BufRead, Read};

use bytes::Buf;
use tokio::sync::mpsc;

use super::fetch::{Chunk, DownloadPart};

/// Reads the bytes that [`crate::restore::fetch`] sends.
pub(super) struct ChunkQueue {
    parts: mpsc::UnboundedReceiver<DownloadPart>,
    part: Option<DownloadPart>,
    chunk: Option<Chunk>,
    interrupted: bool,
}

impl ChunkQueue {
    pub(super) fn new(parts: mpsc::UnboundedReceiver<DownloadPart>) -> Self {
        ChunkQueue { parts, part: None, chunk: None, interrupted: false }
    }

    /// Begins the next file, of this many bytes.
    pub(super) fn file(&mut self, size: u64) -> io::Take<&mut ChunkQueue> {
        self.take(size)
    }

    /// True if the sender was dropped while bytes were still expected: it failed, or the restore was cancelled.
    pub(super) fn was_interrupted(&self) -> bool {
        self.interrupted
    }

    /// Waits for the next bytes; `None` if no more will arrive.
    fn waiting(&mut self) -> Option<()> {
        // Frees the room of the last chunk before it waits for the next one.
        self.chunk.take_if(|chunk| chunk.bytes.is_empty());
        while self.chunk.is_none() {
            let Some(part) = self.part.as_mut().filter(|part| part.left > 0) else {
                self.part = Some(self.parts.blocking_recv()?);
                continue;
            };
            let chunk = part.chunks.blocking_recv()?;
            part.left = part.left.saturating_sub(chunk.bytes.len() as u64);
            self.chunk = Some(chunk).filter(|chunk| !chunk.bytes.is_empty());
        }
        Some(())
    }
}

impl BufRead for ChunkQueue {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.waiting().is_none() {
            self.interrupted = true;
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the download ended early"));
        }
        Ok(self.chunk.as_ref().map_or(&[], |chunk| &chunk.bytes))
    }

    fn consume(&mut self, amount: usize) {
        if let Some(chunk) = &mut self.chunk {
            chunk.bytes.advance(amount);
        }
    }
}

impl Read for ChunkQueue {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let available = self.fill_buf()?;
        let n = available.len().min(buf.len());
        buf[..n].copy_from_slice(&available[..n]);
        self.consume(n);
        Ok(n)
    }
}
