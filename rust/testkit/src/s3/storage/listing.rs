//! One page of a listing, the same for both versions of ListObjects.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::object::Object;

/// The parameters of a listing.
#[derive(Debug, Clone, Default)]
pub(in crate::s3) struct Listing {
    pub(in crate::s3) prefix: String,
    /// Never empty.
    pub(in crate::s3) delimiter: Option<String>,
    /// Only names after this one; a name is a key or a common prefix.
    pub(in crate::s3) after: String,
    /// The largest number of names.
    pub(in crate::s3) limit: usize,
}

/// A page of names in order.
#[derive(Debug, Default)]
pub(in crate::s3) struct Page {
    pub(in crate::s3) objects: Vec<(String, Arc<Object>)>,
    pub(in crate::s3) common_prefixes: Vec<String>,
    /// The last name of this page, if there are more.
    pub(in crate::s3) next: Option<String>,
}

impl Listing {
    pub(super) fn page(&self, objects: &BTreeMap<String, Arc<Object>>) -> Page {
        let mut page = Page::default();
        let mut last: Option<String> = None;
        let start = if self.after.as_str() >= self.prefix.as_str() {
            Bound::Excluded(self.after.as_str())
        } else {
            Bound::Included(self.prefix.as_str())
        };
        for (key, object) in objects.range::<str, _>((start, Bound::Unbounded)) {
            if !key.starts_with(&self.prefix) {
                break;
            }
            let common = self.common_prefix(key);
            let name = common.unwrap_or(key);
            if name <= self.after.as_str() || last.as_deref() == Some(name) {
                continue;
            }
            if page.objects.len() + page.common_prefixes.len() >= self.limit {
                page.next = last;
                break;
            }
            last = Some(name.to_owned());
            match common {
                Some(prefix) => page.common_prefixes.push(prefix.to_owned()),
                None => page.objects.push((key.clone(), Arc::clone(object))),
            }
        }
        page
    }

    fn common_prefix<'a>(&self, key: &'a str) -> Option<&'a str> {
        let delimiter = self.delimiter.as_deref()?;
        let at = key[self.prefix.len()..].find(delimiter)?;
        Some(&key[..self.prefix.len() + at + delimiter.len()])
    }
}

#[cfg(test)]
mod tests {
    use super::super::content::Content;
    use super::*;

    fn bucket(keys: &[&str]) -> BTreeMap<String, Arc<Object>> {
        let object = Arc::new(Object {
            content: Content::Memory(Default::default()),
            etag: String::new(),
            modified: std::time::SystemTime::UNIX_EPOCH,
            checksums: Default::default(),
            attributes: Default::default(),
        });
        keys.iter().map(|key| ((*key).to_owned(), Arc::clone(&object))).collect()
    }

    /// All names, page by page.
    fn walk(keys: &[&str], prefix: &str, delimiter: Option<&str>, limit: usize) -> Vec<Vec<String>> {
        let bucket = bucket(keys);
        let mut listing =
            Listing { prefix: prefix.into(), delimiter: delimiter.map(Into::into), after: String::new(), limit };
        let mut pages = Vec::new();
        loop {
            let page = listing.page(&bucket);
            let mut names: Vec<String> = page.objects.into_iter().map(|(key, _)| key).collect();
            names.extend(page.common_prefixes);
            names.sort();
            pages.push(names);
            match page.next {
                Some(next) => listing.after = next,
                None => return pages,
            }
        }
    }

    #[test]
    fn pages_split_anywhere_without_loss_or_repetition() {
        let keys = ["a/1", "a/2", "b", "c/1", "c/2/x", "d", "é", "é/1"];
        for limit in 1..10 {
            let plain: Vec<String> = walk(&keys, "", None, limit).concat();
            assert_eq!(plain, keys);
            let grouped: Vec<String> = walk(&keys, "", Some("/"), limit).concat();
            assert_eq!(grouped, ["a/", "b", "c/", "d", "é", "é/"]);
            let below: Vec<String> = walk(&keys, "c/", Some("/"), limit).concat();
            assert_eq!(below, ["c/1", "c/2/"]);
        }
    }

    #[test]
    fn a_full_last_page_says_that_it_is_the_last() {
        assert_eq!(walk(&["a", "b"], "", None, 2).len(), 1);
        assert_eq!(walk(&["a/1", "a/2"], "", Some("/"), 1).len(), 1);
    }
}
