//! Folds a chain of files into one: for every page the newest file that holds it wins.

use std::io::{Read, Write};

use crate::{Decoder, Encoder, Error, Header, PageForm, PageNumber, Summary, TxidRange, WalSpan};

/// Merges files, oldest first, into one and writes it. The inputs must be a chain (see [`Merger::new`]); all of them
/// are read to the end and proven before this succeeds.
pub fn merge<R: Read, W: Write>(inputs: Vec<R>, output: W, form: PageForm) -> Result<Summary, Error> {
    let mut merger = Merger::new(inputs)?;
    let mut encoder = Encoder::new(output, *merger.header(), form)?;
    let mut data = Vec::new();
    while let Some(page) = merger.next_page(&mut data)? {
        encoder.page(page, &data)?;
    }
    merger.finish()?;
    let (_, summary) = encoder.finish()?;
    Ok(summary)
}

/// The pages of a merge, ascending, one at a time: a [`Decoder`] over several files. Memory: a page and a read buffer
/// per input.
#[must_use = "nothing read is proven until the merge is finished"]
pub struct Merger<R> {
    header: Header,
    /// Oldest first.
    inputs: Vec<Input<R>>,
}

impl<R: Read> Merger<R> {
    /// Takes files oldest first. They must have one page size, and each must begin at or before the TXID after the
    /// previous one's last, and reach further.
    pub fn new(inputs: Vec<R>) -> Result<Self, Error> {
        let mut opened: Vec<Input<R>> = Vec::with_capacity(inputs.len());
        for reader in inputs {
            let decoder = Decoder::new(reader)?;
            if let Some(previous) = opened.last() {
                check_follows(previous.decoder.header(), decoder.header())?;
            }
            opened.push(Input::new(decoder, opened.last()));
        }
        let (Some(first), Some(last)) = (opened.first(), opened.last()) else { return Err(Error::NoInputs) };
        let (first, last) = (*first.decoder.header(), *last.decoder.header());
        let header = Header {
            txids: TxidRange::new(first.txids.min(), last.txids.max())?,
            wal: WalSpan::default(),
            pre_apply_checksum: None,
            node_id: 0,
            ..last
        };
        let mut limit = u32::MAX;
        for input in opened.iter_mut().rev() {
            limit = limit.min(input.decoder.header().commit);
            input.limit = limit;
            input.advance()?;
        }
        Ok(Merger { header, inputs: opened })
    }

    /// The header of the merged file: from the first file's first TXID to the last file's last; commit and timestamp
    /// of the last.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// As [`Decoder::next_page`].
    pub fn next_page(&mut self, buf: &mut Vec<u8>) -> Result<Option<PageNumber>, Error> {
        let Some(lowest) = self.inputs.iter().filter_map(|input| input.page).min() else { return Ok(None) };
        let mut newest = true;
        for input in self.inputs.iter_mut().rev().filter(|input| input.page == Some(lowest)) {
            if newest {
                std::mem::swap(buf, &mut input.data);
                newest = false;
            }
            input.advance()?;
        }
        Ok(Some(lowest))
    }

    /// Reads every input to its end and proves it, as [`Decoder::finish`] does.
    pub fn finish(self) -> Result<(), Error> {
        for input in self.inputs {
            input.finish()?;
        }
        Ok(())
    }
}

/// One file of a merge, one page ahead.
struct Input<R> {
    decoder: Decoder<R>,
    /// The next page to give, in `data`; `None` when no more will come.
    page: Option<PageNumber>,
    data: Vec<u8>,
    /// The smallest commit from this file on: a later file cut the pages above it off, even if the database grew again.
    limit: u32,
    /// Database size before this file, if another one came before it.
    base: Option<u32>,
    /// Pages seen beyond `base`.
    grown: u32,
}

impl<R: Read> Input<R> {
    fn new(decoder: Decoder<R>, previous: Option<&Input<R>>) -> Self {
        let base = previous.map(|previous| previous.decoder.header().commit);
        Input { decoder, page: None, data: Vec::new(), limit: 0, base, grown: 0 }
    }

    /// Reads on to the next page that no later file cut off.
    fn advance(&mut self) -> Result<(), Error> {
        self.page = self.decoder.next_page(&mut self.data)?;
        while let Some(page) = self.page {
            self.grown += u32::from(self.base.is_some_and(|base| page.get() > base));
            if page.get() <= self.limit {
                return Ok(());
            }
            self.page = self.decoder.next_page(&mut self.data)?;
        }
        self.check_growth()
    }

    /// A file that grows the database holds all pages it adds. If one were missing, the merge would hide it.
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

    fn finish(self) -> Result<(), Error> {
        self.decoder.finish().map(|_| ())
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
