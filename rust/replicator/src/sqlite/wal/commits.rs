//! Reads whole transactions from a WAL.

use std::io;

use super::{FrameMap, ReadAt, WalPosition, WalReader};

/// One or more transactions, the last of them complete.
#[derive(Clone, Debug)]
pub struct Commits {
    pub start: WalPosition,
    /// The position behind the last commit frame.
    pub end: WalPosition,
    /// Database size in pages after the last transaction.
    pub commit: u32,
    /// Every page written between `start` and `end`, including pages beyond `commit`.
    pub pages: FrameMap,
}

/// Reads transactions until the reader ends or they fill `max_bytes`; a larger one is read whole. An unfinished
/// transaction at the end is left out. `None` if no transaction is complete.
pub fn read_commits<R: ReadAt + ?Sized>(reader: &mut WalReader<'_, R>, max_bytes: u64) -> io::Result<Option<Commits>> {
    let start = reader.position();
    let page_size = reader.page_size();
    let mut frames = Vec::new();
    let mut last = None;
    while let Some(frame) = reader.next_frame()? {
        frames.push((frame.page, frame.number));
        let Some(commit) = frame.commit else { continue };
        let end = reader.position();
        last = Some((end, commit, frames.len()));
        if start.span_to(&end, page_size).size >= max_bytes {
            break;
        }
    }
    Ok(last.map(|(end, commit, committed)| {
        frames.truncate(committed);
        Commits { start, end, commit, pages: FrameMap::from_frames(frames) }
    }))
}
