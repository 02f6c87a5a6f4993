//! The page index of a file that is being written. It can only follow the last page. Until then the newest part is kept
//! in memory and the rest in scratch space.

use std::io::{self, Read, Seek, Write};

use crate::PageIndexEntry;

/// Bytes kept in memory.
const MEMORY: usize = 64 * 1024;

/// Temporary space for a long page index: an empty file, or memory if that is plentiful. A short index does not use it.
pub trait Scratch: Read + Write + Seek {}

impl<S: Read + Write + Seek> Scratch for S {}

pub(crate) struct IndexSpool<S> {
    newest: Vec<u8>,
    scratch: S,
    /// Bytes in `scratch` that [`Self::take`] has not returned yet.
    spilled: u64,
    rewound: bool,
}

impl<S: Scratch> IndexSpool<S> {
    pub(crate) fn new(scratch: S) -> Self {
        IndexSpool { newest: Vec::new(), scratch, spilled: 0, rewound: false }
    }

    pub(crate) fn push(&mut self, entry: PageIndexEntry) -> io::Result<()> {
        if self.newest.len() + PageIndexEntry::LONGEST > MEMORY {
            self.scratch.write_all(&self.newest)?;
            self.spilled += self.newest.len() as u64;
            self.newest.clear();
        }
        entry.put(&mut self.newest);
        Ok(())
    }

    /// Replaces `piece` by the next piece of the index, from its beginning, at most [`MEMORY`] bytes. Returns `false` at
    /// the end.
    pub(crate) fn take(&mut self, piece: &mut Vec<u8>) -> io::Result<bool> {
        if self.spilled == 0 {
            std::mem::swap(piece, &mut self.newest);
            self.newest.clear();
            return Ok(!piece.is_empty());
        }
        if !self.rewound {
            self.scratch.rewind()?;
            self.rewound = true;
        }
        let len = self.spilled.min(MEMORY as u64);
        piece.resize(len as usize, 0);
        self.scratch.read_exact(piece)?;
        self.spilled -= len;
        Ok(true)
    }
}
