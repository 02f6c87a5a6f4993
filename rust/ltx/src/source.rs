//! Reads a file front to back and counts the bytes.

use std::io::{self, BufRead};

use crate::Error;

pub(crate) struct Source<R> {
    reader: R,
    offset: u64,
}

impl<R: BufRead> Source<R> {
    pub(crate) fn new(reader: R) -> Self {
        Source { reader, offset: 0 }
    }

    /// Bytes read so far.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Fills `out`. The error names the `part` of the file that was cut short.
    pub(crate) fn read_exact(&mut self, out: &mut [u8], part: &'static str) -> Result<(), Error> {
        self.reader.read_exact(out).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Error::Truncated { part, offset: self.offset },
            _ => Error::Io(error),
        })?;
        self.offset += out.len() as u64;
        Ok(())
    }

    pub(crate) fn array<const N: usize>(&mut self, part: &'static str) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        self.read_exact(&mut bytes, part)?;
        Ok(bytes)
    }

    /// Appends `len` bytes to `out`. Allocates `len` bytes first, so it must be known to be small.
    pub(crate) fn append(&mut self, len: usize, out: &mut Vec<u8>, part: &'static str) -> Result<(), Error> {
        let start = out.len();
        out.resize(start + len, 0);
        self.read_exact(&mut out[start..], part)
    }

    /// Checks that the file ends here.
    pub(crate) fn expect_end(&mut self) -> Result<(), Error> {
        loop {
            match self.reader.fill_buf() {
                Ok([]) => return Ok(()),
                Ok(_) => return Err(Error::TrailingBytes { offset: self.offset }),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::Io(error)),
            }
        }
    }
}
