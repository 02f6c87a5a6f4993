//! Which pages of a database were already seen: one bit each.

use ltx::PageNumber;

/// Pages 1 to a fixed number.
pub(super) struct PageSet {
    words: Vec<u64>,
    pages: u32,
    count: u32,
}

impl PageSet {
    pub(super) fn new(pages: u32) -> Self {
        PageSet { words: vec![0; (pages as usize).div_ceil(64)], pages, count: 0 }
    }

    /// Whether the page is new here. Pages beyond the last are none of the set's.
    pub(super) fn insert(&mut self, page: PageNumber) -> bool {
        if page.get() > self.pages {
            return false;
        }
        let (word, bit) = position(page);
        let new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        self.count += u32::from(new);
        new
    }

    pub(super) fn is_full(&self) -> bool {
        self.count == self.pages
    }

    /// The lowest page that is missing.
    pub(super) fn first_absent(&self) -> Option<PageNumber> {
        let word = self.words.iter().position(|word| *word != u64::MAX)?;
        let page = PageNumber::new(word as u32 * 64 + self.words[word].trailing_ones() + 1)?;
        (page.get() <= self.pages).then_some(page)
    }
}

fn position(page: PageNumber) -> (usize, u64) {
    let index = page.get() - 1;
    ((index / 64) as usize, 1 << (index % 64))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn page(number: u32) -> PageNumber {
        PageNumber::new(number).unwrap()
    }

    #[test]
    fn a_page_is_new_once() {
        let mut set = PageSet::new(65);
        assert!(set.insert(page(65)) && !set.insert(page(65)));
        assert!(!set.insert(page(66)), "beyond the last");
        assert_eq!(set.first_absent(), Some(page(1)));
    }

    #[test]
    fn full_means_no_page_is_absent() {
        for pages in [1, 63, 64, 65, 128] {
            let mut set = PageSet::new(pages);
            for number in 1..=pages {
                assert!(!set.is_full());
                assert_eq!(set.first_absent(), Some(page(number)));
                set.insert(page(number));
            }
            assert!(set.is_full());
            assert_eq!(set.first_absent(), None);
        }
    }
}
