//! Reads a file front to back, in large reads, and knows how far it got.

use std::io::{self, BufRead, BufReader, Read};

use crate::Error;

/// Asked of the reader at once. A merge holds one such buffer per input.
const BUFFER_LEN: usize = 16 * 1024;

pub(crate) struct Source<R> {
    reader: BufReader<R>,
    offset: u64,
}

impl<R: Read> Source<R> {
    pub(crate) fn new(reader: R) -> Self {
        Source { reader: BufReader::with_capacity(BUFFER_LEN, reader), offset: 0 }
    }

    /// Bytes taken so far.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Fills `out`, or says inside which `part` the file ended.
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

    /// The file must end here.
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
