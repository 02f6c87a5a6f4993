//! A file whose pages the kernel writes to disk while more follow, so that the final fsync has little left to do.

use std::{
    fs::File,
    io::{self, Write},
};

/// Bytes between two requests to the kernel.
const STRETCH: u64 = 8 << 20;

pub struct WritebackFile {
    file: File,
    written: u64,
    /// Bytes that the kernel was asked to write so far.
    begun: u64,
}

impl WritebackFile {
    /// `file` must be empty.
    pub fn new(file: File) -> Self {
        WritebackFile { file, written: 0, begun: 0 }
    }

    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

impl Write for WritebackFile {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let length = self.file.write(data)?;
        self.written += length as u64;
        if self.written - self.begun >= STRETCH {
            begin_writing(&self.file, self.begun, self.written - self.begun);
            self.begun = self.written;
        }
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A hint, so its failure is ignored: durability comes from the fsync.
#[cfg(target_os = "linux")]
fn begin_writing(file: &File, offset: u64, length: u64) {
    use std::os::fd::AsRawFd;
    // SAFETY: the descriptor is open as long as `file` is borrowed; no memory is passed.
    unsafe { libc::sync_file_range(file.as_raw_fd(), offset as i64, length as i64, libc::SYNC_FILE_RANGE_WRITE) };
}

#[cfg(not(target_os = "linux"))]
fn begin_writing(_: &File, _: u64, _: u64) {}
