//! How much memory reading takes, counted by the allocator.

#![allow(clippy::unwrap_used)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    io,
};

use ltx::{
    Decoder, Encoder, Header, PageForm, PageIndex, PageNumber, PageSize, Slice, Slicer, Timestamp, Txid, TxidRange,
    WalSpan,
};

/// Counts what the current thread allocates.
struct Counting;

thread_local! {
    static LIVE: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to `System`; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.get().wrapping_add(layout.size());
        LIVE.set(live);
        PEAK.set(PEAK.get().max(live));
        LARGEST.set(LARGEST.get().max(layout.size()));
        // SAFETY: the caller keeps the contract of `alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.set(LIVE.get().saturating_sub(layout.size()));
        // SAFETY: `pointer` comes from `alloc` above, which passed it on from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Usage {
    /// Most bytes held at once, beyond those held before.
    peak: usize,
    /// The largest single allocation, in bytes.
    largest: usize,
}

fn measure(run: impl FnOnce()) -> Usage {
    let before = LIVE.get();
    PEAK.set(before);
    LARGEST.set(0);
    run();
    Usage { peak: PEAK.get() - before, largest: LARGEST.get() }
}

fn header(page_size: usize, commit: u32, (min, max): (u64, u64)) -> Header {
    Header {
        page_size: PageSize::new(page_size as u32).unwrap(),
        commit,
        txids: TxidRange::new(Txid::new(min).unwrap(), Txid::new(max).unwrap()).unwrap(),
        timestamp: Timestamp::from_millis(0),
        wal: WalSpan::default(),
        pre_apply_checksum: None,
        node_id: 0,
    }
}

/// A file with every page of a database; the pages are as good as incompressible.
fn file(page_size: usize, pages: u32, txids: (u64, u64)) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new(), header(page_size, pages, txids), PageForm::Block).unwrap();
    let mut state = 1u32;
    for page in (1..=pages).filter_map(PageNumber::new) {
        let data: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(page_size)
        .collect();
        encoder.page(page, &data).unwrap();
    }
    encoder.finish().unwrap().0
}

/// The read buffer, a page, a compressed page.
fn decoder_limit(page_size: usize) -> usize {
    16 * 1024 + 3 * page_size + 1024
}

#[test]
fn decoding_takes_the_same_memory_for_few_pages_and_for_many() {
    for pages in [1, 10, 3000] {
        let file = file(512, pages, (1, 1));
        let usage = measure(|| assert!(Decoder::new(&file[..]).unwrap().finish().is_ok()));
        assert!(usage.peak <= decoder_limit(512), "{} bytes for {pages} pages", usage.peak);
    }
}

/// The buffers of a file being written: its pages, and its page index before and behind them.
fn encoder_limit(page_size: usize) -> usize {
    4 * 64 * 1024 + 3 * page_size + 16 * 1024
}

#[test]
fn merging_takes_memory_by_the_number_of_inputs_not_of_pages() {
    for pages in [1, 10, 1000] {
        let files: Vec<Vec<u8>> = (1..=20).map(|txid| file(4096, pages, (txid, txid))).collect();
        let inputs = files.iter().map(Vec::as_slice).collect();
        let usage = measure(|| assert!(ltx::merge(inputs, io::sink()).is_ok()));
        let limit = 20 * (decoder_limit(4096) + 1024) + encoder_limit(4096);
        assert!(usage.peak <= limit, "{} bytes for {pages} pages", usage.peak);
    }
}

#[test]
fn encoding_takes_the_same_memory_for_few_pages_and_for_many() {
    let data = vec![0; 512];
    for pages in [100, 10_000, 200_000] {
        let scratch = tempfile::tempfile().unwrap();
        let header = header(512, pages, (1, 1));
        let mut encoder = Encoder::with_scratch(io::sink(), header, PageForm::Block, scratch).unwrap();
        let usage = measure(|| {
            for page in (1..=pages).filter_map(PageNumber::new) {
                encoder.page(page, &data).unwrap();
            }
            encoder.finish().unwrap();
        });
        assert!(usage.peak <= encoder_limit(512), "{} bytes for {pages} pages", usage.peak);
    }
}

/// No length that a damaged file claims is believed before bytes of that length are there or it is known to be small.
#[test]
fn a_damaged_file_never_causes_a_large_allocation() {
    let whole = file(512, 3, (1, 1));
    // A damaged page size may claim 64 KiB, so that much may be asked for; nothing goes beyond.
    let limit = 66 * 1024;
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << bit;
            let usage = measure(|| drop(Decoder::new(&damaged[..]).and_then(Decoder::finish)));
            assert!(usage.largest <= limit, "{} bytes for bit {bit} of byte {at}", usage.largest);
        }
    }
}

#[test]
fn a_page_index_takes_memory_by_its_own_length() {
    let entries = 1000u64;
    let mut index = Vec::new();
    for n in 0..entries {
        // Pages 1000 and on of seven bytes each, so that every number but the size takes two bytes.
        for value in [1000 + n, 100 + 7 * n] {
            index.extend([(value & 0x7f) as u8 | 0x80, (value >> 7) as u8]);
        }
        index.push(7);
    }
    index.push(0);
    let usage = measure(|| drop(PageIndex::decode(&index).unwrap()));
    assert!(usage.peak <= 16 * index.len(), "{} bytes for {}", usage.peak, index.len());
}

#[test]
fn slicing_takes_the_same_memory_for_few_pages_and_for_many() {
    let most = 8 * 512;
    for pages in [8, 3000] {
        let file = file(512, pages, (1, 1));
        let usage = measure(|| {
            let (mut slicer, mut tally) = Slicer::new(&file[..]).unwrap();
            let (mut slice, mut expanded) = (Slice::default(), Vec::new());
            let mut more = true;
            while more {
                more = slicer.next(&mut slice, most).unwrap();
                slice.expand(&mut expanded).unwrap();
                slice.prove(&expanded, &mut tally).unwrap();
            }
        });
        // A growing vector holds its old and its new bytes while it moves: a slice as it lies in the file, what follows
        // the pages, and what the pages expand to.
        assert!(usage.peak <= 3 * (2 * most + 1024), "{} bytes for {pages} pages", usage.peak);
    }
}
