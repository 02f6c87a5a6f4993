//! Folds a chain of files into one: for every page the newest file that holds it wins. A page is taken over as it lies
//! in its file, in the form it has there; it is expanded only to be proven.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    io::{Cursor, Read, Write},
};

use crate::{
    Decoder, Encoder, Error, Header, PageForm, PageNumber, Scratch, Summary, TxidRange, WalSpan, page::EncodedPage,
};

/// Merges files, oldest first, into one and writes it. They must have one page size, and each must begin at or before
/// the TXID after the previous one's last, and reach further; all of them are read to the end and proven before this
/// succeeds. Memory: two pages and a read buffer per input, and the page index.
pub fn merge<R: Read, W: Write>(inputs: Vec<R>, output: W) -> Result<Summary, Error> {
    merge_with_scratch::<_, _, Cursor<Vec<u8>>>(inputs, output, Cursor::default())
}

/// As [`merge`]; a long page index waits in `scratch` instead of in memory.
pub fn merge_with_scratch<R: Read, W: Write, S: Scratch>(
    inputs: Vec<R>,
    output: W,
    scratch: S,
) -> Result<Summary, Error> {
    let mut merger = Merger::new(inputs)?;
    // Whatever form it is told, it compresses nothing here.
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
    /// The inputs that have more to give, by their next page; the lowest page comes first, and of one page the newest.
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

    /// Puts the next page into `out`; `None` after the last one.
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

    /// Proves every input, once all pages are taken.
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

/// One file of a merge. Its decoder stands on the page to give next.
struct Input<R> {
    decoder: Decoder<R>,
    /// Database size before this file, if another one came before it.
    base: Option<u32>,
    /// Pages seen beyond `base`.
    grown: u32,
}

impl<R: Read> Input<R> {
    fn new(decoder: Decoder<R>, previous: Option<&Input<R>>) -> Self {
        let base = previous.map(|previous| previous.decoder.header().commit);
        Input { decoder, base, grown: 0 }
    }

    /// Reads on to the next page of the merged database, which has `commit` pages; `None` when no more will come.
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

    /// A file that grows the database holds all pages it adds. Were one missing, an older page of that number, cut off
    /// in between, would come back.
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
