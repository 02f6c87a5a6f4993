//! The blocking end of a download: bytes of one file after the other, for a decoder on its own thread.

use std::io::{self, Read};

use bytes::{Buf, Bytes};
use tokio::sync::mpsc;

use super::fetch::Part;

/// Reads the bytes that [`super::fetch`] sends.
pub(super) struct Feed {
    parts: mpsc::UnboundedReceiver<Part>,
    part: Option<Part>,
    chunk: Bytes,
    interrupted: bool,
}

impl Feed {
    pub(super) fn new(parts: mpsc::UnboundedReceiver<Part>) -> Self {
        Feed { parts, part: None, chunk: Bytes::new(), interrupted: false }
    }

    /// The next file, of this many bytes.
    pub(super) fn file(&mut self, size: u64) -> io::Take<&mut Feed> {
        self.take(size)
    }

    /// Whether the sender went away while bytes were still expected: it failed, or the restore was cancelled.
    pub(super) fn was_interrupted(&self) -> bool {
        self.interrupted
    }

    /// Waits for bytes; `false` if none will come.
    fn fill(&mut self) -> bool {
        while self.chunk.is_empty() {
            if let Some(chunk) = self.part.as_mut().and_then(|part| part.chunks.pop_front()) {
                self.chunk = chunk;
                continue;
            }
            // Makes room for the next download before waiting for it.
            self.part = None;
            self.part = self.parts.blocking_recv();
            if self.part.is_none() {
                return false;
            }
        }
        true
    }
}

impl Read for Feed {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        if !self.fill() {
            self.interrupted = true;
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the download ended early"));
        }
        let n = self.chunk.len().min(buf.len());
        self.chunk.copy_to_slice(&mut buf[..n]);
        Ok(n)
    }
}
