//! Writes the pages of one capture, or of a whole database, to an LTX file. Several threads compress large batches
//! while the caller reads on. The batches in progress bound the memory.

use std::{
    collections::VecDeque,
    fs::File,
    path::Path,
    thread::{self, Scope, ScopedJoinHandle},
};

use litestream_core::{Error, Result, failpoint};
use ltx::{Encoder, Header, PageBatch, PageForm, PageNumber, Summary};
use tempfile::{SpooledTempFile, spooled_tempfile_in};

use super::writeback::WritebackFile;

/// Leaves cores for the application.
const MOST_THREADS: usize = 4;

/// Takes the pages of one file, ascending.
pub struct LtxWriter<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    path: &'env Path,
    encoder: Encoder<WritebackFile, SpooledTempFile>,
    filling: PageBatch,
    /// The oldest comes first.
    compressing: VecDeque<ScopedJoinHandle<'scope, PageBatch>>,
    threads: usize,
}

impl LtxWriter<'_, '_> {
    pub fn put(&mut self, page: PageNumber, data: &[u8]) -> Result<()> {
        failpoint!("stage: before a page");
        self.filling.push(page, data).map_err(|error| unwritable(self.path, error))?;
        if self.filling.is_full() { self.pass_on() } else { Ok(()) }
    }

    /// Starts to compress the full batch on a thread and continues with an empty one.
    fn pass_on(&mut self) -> Result<()> {
        let empty = match self.compressing.len() < self.threads {
            true => PageBatch::new(self.encoder.header().page_size, PageForm::default()),
            false => self.write_oldest()?,
        };
        let mut full = std::mem::replace(&mut self.filling, empty);
        let compress = move || {
            full.compress();
            full
        };
        let started = thread::Builder::new().spawn_scoped(self.scope, compress);
        self.compressing.push_back(started.map_err(Error::io("start a thread to write", self.path))?);
        Ok(())
    }

    /// Waits for the oldest batch, writes it, and returns it empty.
    fn write_oldest(&mut self) -> Result<PageBatch> {
        let oldest = self.compressing.pop_front().ok_or_else(|| Error::Internal("no batch on its way".to_owned()))?;
        let mut batch = oldest.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        self.encoder.batch(&batch).map_err(|error| unwritable(self.path, error))?;
        batch.clear();
        Ok(batch)
    }

    fn finish(mut self) -> Result<(WritebackFile, Summary)> {
        while !self.compressing.is_empty() {
            self.write_oldest()?;
        }
        self.filling.compress();
        self.encoder.batch(&self.filling).map_err(|error| unwritable(self.path, error))?;
        self.encoder.finish().map_err(|error| unwritable(self.path, error))
    }
}

/// Writes an LTX file to the empty `file` at `path`, without an fsync. A long page index is buffered in an unnamed file
/// in the same folder.
pub fn write_pages(
    file: File,
    path: &Path,
    header: Header,
    pages: impl FnOnce(&mut LtxWriter) -> Result<()>,
) -> Result<(WritebackFile, Summary)> {
    let scratch = spooled_tempfile_in(0, path.parent().unwrap_or(path));
    let encoder = Encoder::with_scratch(WritebackFile::new(file), header, PageForm::default(), scratch);
    let encoder = encoder.map_err(|error| unwritable(path, error))?;
    thread::scope(|scope| {
        let filling = PageBatch::new(header.page_size, PageForm::default());
        let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        let mut sink = LtxWriter { scope, path, encoder, filling, compressing: VecDeque::new(), threads };
        pages(&mut sink)?;
        sink.finish()
    })
}

/// The encoder fails because of the disk, or because its input breaks a rule of the format.
fn unwritable(path: &Path, error: ltx::Error) -> Error {
    match error {
        ltx::Error::Io(source) => Error::io("write", path)(source),
        broken_rule => Error::Internal(format!("writing {}: {broken_rule}", path.display())),
    }
}
