//! Merges a chain of files into one. Each page comes from the newest file that holds it, in its stored form; it is
//! expanded only for the checksum.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    io::{Cursor, Read, Write},
};

use crate::{
    Decoder, Encoder, Error, Header, PageForm, PageNumber, Scratch, Summary, TxidRange, WalSpan, page::EncodedPage,
};

/// Merges files, oldest first, into one and writes it. All must have one page size. Each must begin at or before the TXID
/// that follows the previous file, and end after it. All files are read to the end and proven before this returns `Ok`.
/// Memory: two pages and a read buffer per input, and the page index.
pub fn merge<R: Read, W: Write>(inputs: Vec<R>, output: W) -> Result<Summary, Error> {
    merge_with_scratch::<_, _, Cursor<Vec<u8>>>(inputs, output, Cursor::default())
}

/// Merges files as [`merge`] does, and keeps a long page index in `scratch` instead of in memory.
pub fn merge_with_scratch<R: Read, W: Write, S: Scratch>(
    inputs: Vec<R>,
    output: W,
    scratch: S,
) -> Result<Summary, Error> {
    let mut merger = Merger::new(inputs)?;
    // The page form has no effect, since pages are copied in their stored form.
    let mut encoder = Encoder::with_scratch(output, merger.header, PageForm::default(), scratch)?;
    let mut encoded = EncodedPage::default();
    while let Some(page) = merger.next_page(&mut encoded)? {
        encoder.take_over(page, &encoded)?;
    }
    merger.finish()?;
    let (_, summary) = encoder.finish()?;
    Ok(summary)
}

/// The pages of a merge, ascending, one at a time.
#[must_use = "nothing read is proven until the merge is finished"]
struct Merger<R> {
    /// From the first file's first TXID to the last file's last; commit and timestamp of the last.
    header: Header,
    /// Oldest first.
    inputs: Vec<Input<R>>,
    /// The inputs that have pages left, by their next page. The lowest page comes first, and for one page the newest
    /// input.
    queue: BinaryHeap<(Reverse<PageNumber>, usize)>,
}

impl<R: Read> Merger<R> {
    fn new(inputs: Vec<R>) -> Result<Self, Error> {
        let mut opened: Vec<Input<R>> = Vec::with_capacity(inputs.len());
        for (index, reader) in inputs.into_iter().enumerate() {
            let decoder = Decoder::new(reader).map_err(|error| Error::input(index, error))?;
            if let Some(previous) = opened.last() {
                check_follows(previous.decoder.header(), decoder.header())?;
            }
            opened.push(Input::new(decoder, opened.last()));
        }
        let (Some(first), Some(last)) = (opened.first(), opened.last()) else { return Err(Error::NoInputs) };
        let (first, last) = (first.decoder.header(), last.decoder.header());
        let header = Header {
            txids: TxidRange::new(first.txids.min(), last.txids.max())?,
            wal: WalSpan::default(),
            pre_apply_checksum: None,
            node_id: 0,
            ..*last
        };
        let queue = BinaryHeap::with_capacity(opened.len());
        let mut merger = Merger { header, inputs: opened, queue };
        for index in 0..merger.inputs.len() {
            merger.advance(index)?;
        }
        Ok(merger)
    }

    /// Replaces `out` by the next page. Returns `None` after the last page.
    fn next_page(&mut self, out: &mut EncodedPage) -> Result<Option<PageNumber>, Error> {
        let Some((Reverse(page), newest)) = self.queue.pop() else { return Ok(None) };
        std::mem::swap(out, self.inputs[newest].decoder.page());
        self.advance(newest)?;
        while let Some(&(Reverse(same), older)) = self.queue.peek()
            && same == page
        {
            self.queue.pop();
            self.advance(older)?;
        }
        Ok(Some(page))
    }

    /// Proves every input. To be called after the last page.
    fn finish(self) -> Result<(), Error> {
        for (index, input) in self.inputs.into_iter().enumerate() {
            input.decoder.finish().map_err(|error| Error::input(index, error))?;
        }
        Ok(())
    }

    /// Reads an input's next page and queues it.
    fn advance(&mut self, index: usize) -> Result<(), Error> {
        let page = self.inputs[index].advance(self.header.commit).map_err(|error| Error::input(index, error))?;
        self.queue.extend(page.map(|page| (Reverse(page), index)));
        Ok(())
    }
}

/// One file of a merge. Its decoder holds the page that comes next.
struct Input<R> {
    decoder: Decoder<R>,
    /// Database size before this file, in pages; `None` for the oldest file.
    base: Option<u32>,
    /// Pages beyond `base` so far.
    grown: u32,
}

impl<R: Read> Input<R> {
    fn new(decoder: Decoder<R>, previous: Option<&Input<R>>) -> Self {
        let base = previous.map(|previous| previous.decoder.header().commit);
        Input { decoder, base, grown: 0 }
    }

    /// Reads the next page that the merged database of `commit` pages has. Returns `None` after the last one.
    fn advance(&mut self, commit: u32) -> Result<Option<PageNumber>, Error> {
        while let Some(page) = self.decoder.advance()? {
            self.grown += u32::from(self.base.is_some_and(|base| page.get() > base));
            if page.get() <= commit {
                return Ok(Some(page));
            }
        }
        self.check_growth()?;
        Ok(None)
    }

    /// Checks that a file which grows the database holds every page that it adds. If one were missing, an older page of
    /// that number, cut off in between, would return.
    fn check_growth(&self) -> Result<(), Error> {
        let header = self.decoder.header();
        let (from, to) = (self.base.unwrap_or(header.commit), header.commit);
        let lock_page = header.page_size.lock_page().get();
        let holds_lock_page = from < lock_page && lock_page <= to;
        if self.grown == to.saturating_sub(from) - u32::from(holds_lock_page) {
            Ok(())
        } else {
            Err(Error::GrowthHole { txids: header.txids, from, to })
        }
    }
}

fn check_follows(previous: &Header, next: &Header) -> Result<(), Error> {
    if next.page_size != previous.page_size {
        return Err(Error::PageSizeMismatch {
            txids: next.txids,
            found: next.page_size.get(),
            expected: previous.page_size.get(),
        });
    }
    if !next.txids.extends(Some(previous.txids.max())) {
        return Err(Error::NotContiguous { previous: previous.txids, next: next.txids });
    }
    Ok(())
}
