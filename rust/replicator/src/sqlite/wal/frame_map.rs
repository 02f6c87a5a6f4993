//! The newest frame of each page.

use ltx::PageNumber;

use super::FrameCount;

/// Page → its newest frame, ascending by page. Eight bytes an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameMap {
    entries: Vec<(PageNumber, FrameCount)>,
}

impl FrameMap {
    /// Builds the map from frames in WAL order: a later frame of the same page wins.
    pub fn from_frames(mut frames: Vec<(PageNumber, FrameCount)>) -> Self {
        frames.sort_by_key(|&(page, frame)| (page, std::cmp::Reverse(frame)));
        frames.dedup_by_key(|&mut (page, _)| page);
        FrameMap { entries: frames }
    }

    pub fn get(&self, page: PageNumber) -> Option<FrameCount> {
        let found = self.entries.binary_search_by_key(&page, |&(page, _)| page).ok()?;
        Some(self.entries[found].1)
    }

    /// Adds frames that follow all existing ones.
    pub fn extend(&mut self, newer: &FrameMap) {
        let mut frames = std::mem::take(&mut self.entries);
        frames.extend_from_slice(&newer.entries);
        *self = FrameMap::from_frames(frames);
    }

    pub fn iter(&self) -> impl Iterator<Item = (PageNumber, FrameCount)> + '_ {
        self.entries.iter().copied()
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
