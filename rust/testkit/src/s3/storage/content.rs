//! The bytes of an object: in memory, or in a file that goes when the last reader is done.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;

use super::digests::{Algorithm, Digests, Hasher};

/// Bytes read from a file, or from joined parts, at a time.
const CHUNK: u64 = 256 << 10;

/// Immutable bytes, cheap to clone.
#[derive(Debug, Clone)]
pub(in crate::s3) enum Content {
    Memory(Bytes),
    /// Parts of an upload, side by side: joining them must not take a server that is measured against time.
    Joined(Arc<[Bytes]>),
    File(Arc<Blob>),
}

/// A file with the bytes of one object or part.
#[derive(Debug)]
pub(in crate::s3) struct Blob {
    pub(super) path: PathBuf,
    pub(super) size: u64,
    /// False from birth until an object owns it, and again once that object is replaced.
    pub(super) kept: AtomicBool,
}

impl Drop for Blob {
    fn drop(&mut self) {
        if !self.kept.load(Ordering::SeqCst) {
            // A file that stays behind is removed at the next start.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Content {
    pub(in crate::s3) fn size(&self) -> u64 {
        match self {
            Self::Memory(data) => data.len() as u64,
            Self::Joined(parts) => parts.iter().map(|part| part.len() as u64).sum(),
            Self::File(blob) => blob.size,
        }
    }

    /// Parts in memory as one content, without copying them; `None` if any lies elsewhere.
    pub(in crate::s3) fn joined<'a>(parts: impl Iterator<Item = &'a Self>) -> Option<Self> {
        let in_memory = |part: &Self| match part {
            Self::Memory(data) => Some(data.clone()),
            _ => None,
        };
        parts.map(in_memory).collect::<Option<Arc<[Bytes]>>>().map(Self::Joined)
    }

    /// Decides if its file outlives the server.
    pub(super) fn keep(&self, kept: bool) {
        if let Self::File(blob) = self {
            blob.kept.store(kept, Ordering::SeqCst);
        }
    }

    /// The bytes of a range within the content.
    pub(in crate::s3) fn read(&self, range: Range<u64>) -> io::Result<Bytes> {
        let size = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
        match self {
            Self::Memory(data) => {
                let start = usize::try_from(range.start).map_err(io::Error::other)?;
                Ok(data.slice(start..start + size))
            }
            Self::Joined(parts) => {
                let mut start = usize::try_from(range.start).map_err(io::Error::other)?;
                let mut buffer = Vec::with_capacity(size);
                for part in parts.iter() {
                    let from = start.min(part.len());
                    buffer.extend_from_slice(&part[from..part.len().min(from + size - buffer.len())]);
                    start -= from;
                }
                Ok(buffer.into())
            }
            Self::File(blob) => {
                let mut buffer = vec![0; size];
                File::open(&blob.path)?.read_exact_at(&mut buffer, range.start)?;
                Ok(buffer.into())
            }
        }
    }

    /// The bytes of a range in pieces, so that a large file is never in memory as a whole.
    pub(in crate::s3) fn pieces(
        &self,
        range: Range<u64>,
    ) -> impl Iterator<Item = io::Result<Bytes>> + Send + Sync + 'static {
        let content = self.clone();
        let step = match self {
            Self::Memory(_) => u64::MAX,
            Self::Joined(_) | Self::File(_) => CHUNK,
        };
        let mut at = range.start;
        std::iter::from_fn(move || {
            if at >= range.end {
                return None;
            }
            let end = at.saturating_add(step).min(range.end);
            let piece = content.read(at..end);
            at = if piece.is_ok() { end } else { range.end };
            Some(piece)
        })
    }
}

/// A content on its way in.
pub(in crate::s3) struct Intake {
    sink: Sink,
    hasher: Hasher,
    size: u64,
}

enum Sink {
    Memory(Vec<u8>),
    File(File, PathBuf),
}

impl Intake {
    pub(super) fn memory(algorithms: &[Algorithm]) -> Self {
        Self { sink: Sink::Memory(Vec::new()), hasher: Hasher::new(algorithms), size: 0 }
    }

    pub(super) fn file(path: PathBuf, algorithms: &[Algorithm]) -> io::Result<Self> {
        let file = File::create_new(&path)?;
        Ok(Self { sink: Sink::File(file, path), hasher: Hasher::new(algorithms), size: 0 })
    }

    pub(in crate::s3) fn write(&mut self, data: &[u8]) -> io::Result<()> {
        self.hasher.update(data);
        self.size += data.len() as u64;
        match &mut self.sink {
            Sink::Memory(buffer) => buffer.extend_from_slice(data),
            Sink::File(file, _) => file.write_all(data)?,
        }
        Ok(())
    }

    pub(in crate::s3) fn finish(self) -> (Content, Digests) {
        let content = match self.sink {
            Sink::Memory(buffer) => Content::Memory(buffer.into()),
            Sink::File(_, path) => {
                Content::File(Arc::new(Blob { path, size: self.size, kept: AtomicBool::new(false) }))
            }
        };
        (content, self.hasher.finish())
    }
}
