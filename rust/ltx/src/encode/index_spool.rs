//! The page index of a file that is being written. It can only follow the last page, so until then it waits here: the
//! newest part in memory, the rest in scratch space.

use std::io::{self, Read, Seek, Write};

use crate::PageIndexEntry;

/// Bytes kept in memory.
const MEMORY: usize = 64 * 1024;

/// Where a long page index waits: an empty file, or memory where that is plenty. Short ones never touch it.
pub trait Scratch: Read + Write + Seek {}

impl<S: Read + Write + Seek> Scratch for S {}

pub(crate) struct IndexSpool<S> {
    newest: Vec<u8>,
    scratch: S,
    /// Bytes in `scratch` that were not taken yet.
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

    /// Takes the index out from its beginning: puts its next piece into `piece`, as much as is kept in memory; false at
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
