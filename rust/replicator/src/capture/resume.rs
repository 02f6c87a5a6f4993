//! Finds the place in the live WAL where an earlier process stopped capturing.

use litestream_core::{Error, Result};
use ltx::{Header, PageNumber, Txid};

use super::{
    page_map::{PageHash, PageMapUpdater},
    page_reader::read_frame,
    position::WalRun,
};
use crate::{
    sqlite::{
        Database,
        wal::{FrameCount, FrameMap, ReadAt, WalIndex, WalReader},
    },
    stage::Stage,
};

/// The last captured transaction and the WAL behind it. `Err` names the reason why the WAL cannot be followed.
pub struct Resumed {
    pub header: Header,
    pub run: Result<WalRun, &'static str>,
}

/// Compares the staged file of `txid` with the WAL: the same salts, sound frames from the beginning to the file's end,
/// and the same pages in the bytes that the file captured.
pub fn resume(database: &Database, stage: &Stage, txid: Txid, map_updater: &mut PageMapUpdater) -> Result<Resumed> {
    let header = stage.header(txid)?;
    let run = match reread(database, &header)? {
        Ok(run) => hold_against(database, stage, &header, run, txid, map_updater)?,
        Err(reason) => Err(reason),
    };
    Ok(Resumed { header, run })
}

fn reread(database: &Database, header: &Header) -> Result<Result<WalRun, &'static str>> {
    let index = database.wal_index()?;
    let page_size = database.page_size();
    let Some(end) = FrameCount::before(header.wal.end(), page_size).filter(|_| header.page_size == page_size) else {
        return Ok(Err("the newest staged file does not end at a frame of this WAL"));
    };
    if index.salt != header.wal.salt {
        return Ok(Err("the WAL was restarted since"));
    }
    if index.frames < end {
        return Ok(Err("the WAL is shorter than what was captured"));
    }
    let read = || -> std::io::Result<Option<WalRun>> { read_run(database.wal(), &index, end) };
    let run = read().map_err(Error::io("read the WAL of", database.path()))?;
    Ok(run.ok_or("the WAL's frames do not hold together"))
}

fn read_run<R: ReadAt>(wal: &R, index: &WalIndex, end: FrameCount) -> std::io::Result<Option<WalRun>> {
    let Some(mut reader) = WalReader::from_start(wal, end)? else { return Ok(None) };
    let mut frames = Vec::new();
    while let Some(frame) = reader.next_frame()? {
        frames.push((frame.page, frame.number));
    }
    let at = reader.position();
    let whole = at.frames == end && at.salt == index.salt;
    Ok(whole.then(|| WalRun { at, pages: FrameMap::from_frames(frames) }))
}

/// Each page whose newest frame lies in the file's part of the WAL must equal the file's page, or the page map must
/// show that it had this content before.
fn hold_against(
    database: &Database,
    stage: &Stage,
    header: &Header,
    run: WalRun,
    txid: Txid,
    map_updater: &mut PageMapUpdater,
) -> Result<Result<WalRun, &'static str>> {
    const OTHERS: &str = "the WAL holds other pages than were captured";
    let page_size = database.page_size();
    let captured = |frame: FrameCount| frame.end(page_size) > header.wal.offset;
    let expected = run.pages.iter().filter(|&(page, frame)| captured(frame) && page.get() <= header.commit);
    let mut expected = expected.peekable();
    let mut left_out: Vec<(PageNumber, FrameCount)> = Vec::new();
    let mut image = vec![0; page_size.bytes()];
    let mut differs = false;
    stage.decode(txid, |page, data| {
        while let Some(absent) = expected.next_if(|&(next, _)| next < page) {
            left_out.push(absent);
        }
        if let Some((_, frame)) = expected.next_if(|&(next, _)| next == page) {
            read_frame(database, frame, &mut image)?;
            differs |= image != data;
        }
        Ok(())
    })?;
    left_out.extend(expected);
    if differs {
        return Ok(Err(OTHERS));
    }
    if left_out.is_empty() {
        return Ok(Ok(run));
    }
    let Some(map) = map_updater.up_to(stage, Some(txid)) else { return Ok(Err(OTHERS)) };
    for (page, frame) in left_out {
        read_frame(database, frame, &mut image)?;
        if map.get(page)? != Some(PageHash::of(&image)) {
            return Ok(Err(OTHERS));
        }
    }
    Ok(Ok(run))
}
