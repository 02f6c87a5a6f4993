//! How fast pages are encoded, decoded and merged, in GB of pages a second on one core.
//! `cargo run -p ltx --example speed` will do: the development profile optimizes this crate too.

use std::{io, time::Instant};

use ltx::{
    DatabaseChecksum, Decoder, Encoder, Error, Header, PageForm, PageNumber, PageSize, Timestamp, Txid, TxidRange,
    WalSpan,
};

const PAGE: usize = 4096;
const PAGES: u32 = 16_384;
const ROUNDS: usize = 3;

fn main() -> Result<(), Error> {
    let database = rows();
    report("checksum", || {
        let mut checksum = DatabaseChecksum::new();
        for (page, data) in pages(&database) {
            checksum.add(page, data);
        }
        Ok(())
    })?;
    for form in [PageForm::Block, PageForm::Frame] {
        let file = encode(&database, form, Vec::new())?;
        println!("{form:?}: {} pages, {:.2} times smaller", PAGES, database.len() as f64 / file.len() as f64);
        report("encode", || encode(&database, form, io::sink()).map(|_| ()))?;
        report("decode", || Decoder::new(&file[..])?.finish().map(|_| ()))?;
        report("merge ", || ltx::merge(vec![&file[..]], io::sink()).map(|_| ()))?;
    }
    Ok(())
}

/// The best of a few rounds.
fn report(what: &str, mut run: impl FnMut() -> Result<(), Error>) -> Result<(), Error> {
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        run()?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("  {what}  {:.2} GB/s", PAGES as f64 * PAGE as f64 / best / 1e9);
    Ok(())
}

fn encode<W: io::Write>(database: &[u8], form: PageForm, out: W) -> Result<W, Error> {
    let header = Header {
        page_size: PageSize::new(PAGE as u32)?,
        commit: PAGES,
        txids: TxidRange::single(Txid::MIN),
        timestamp: Timestamp::from_millis(0),
        wal: WalSpan::default(),
        pre_apply_checksum: None,
        node_id: 0,
    };
    let mut encoder = Encoder::new(out, header, form)?;
    for (page, data) in pages(database) {
        encoder.page(page, data)?;
    }
    Ok(encoder.finish()?.0)
}

fn pages(database: &[u8]) -> impl Iterator<Item = (PageNumber, &[u8])> {
    (1..).filter_map(PageNumber::new).zip(database.chunks_exact(PAGE))
}

/// Pages that look like rows of an application: ids, times, words, some of it random; compresses about threefold.
fn rows() -> Vec<u8> {
    let words = ["invoice", "customer", "paid", "open", "2026-11-22 19:57:15", "warehouse", "draft", "null", "true"];
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut out = Vec::with_capacity(PAGES as usize * PAGE);
    while out.len() < PAGES as usize * PAGE {
        let end = out.len() + PAGE;
        while out.len() < end - PAGE / 8 {
            let pick = random();
            out.extend_from_slice(&(pick as u32).to_be_bytes());
            for shift in [8, 16, 24, 32] {
                out.extend_from_slice(words[(pick >> shift) as usize % words.len()].as_bytes());
            }
            out.extend_from_slice(format!("{:x}", pick >> 40).as_bytes());
        }
        out.resize(end, 0);
    }
    out
}
