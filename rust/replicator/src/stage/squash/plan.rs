//! Bounds the upload queue while the store is away: queued files become one file of their whole TXID range, in which a
//! page that was written often counts once.
//!
//! A larger file is squashed again only with as many new bytes, so that every byte is written a few times at most,
//! however long the outage. The oldest file stays: its name is where a second writer is detected (G4). The newest
//! stays, too: it records where the WAL continues.

use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use litestream_core::{Error, Result, config::QueueBounds, failpoint};
use ltx::{PageSize, Txid, TxidRange};
use tempfile::spooled_tempfile_in;

use crate::stage::{FILE_MODE, Stage};

/// Bounds the files that are open at once.
const MOST_PARTS: usize = 256;

/// A staged file in the upload queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Queued {
    pub txids: TxidRange,
    /// Size in bytes.
    pub size: u64,
    pub page_size: PageSize,
}

impl Queued {
    fn is_squashed(&self) -> bool {
        self.txids.min() != self.txids.max()
    }
}

/// The files to squash now. `queue`: the eligible files, in TXID order, without a gap. No result mixes two page sizes,
/// and a pinned TXID in `held` stays the end of a file.
pub fn plan<'a>(queue: &'a [Queued], bounds: QueueBounds, held: &[Txid]) -> Option<&'a [Queued]> {
    let may_be_one = |a: &Queued, b: &Queued| a.page_size == b.page_size && !held.contains(&a.txids.max());
    queue.chunk_by(may_be_one).find_map(|queue| plan_one_file(queue, bounds))
}

fn plan_one_file(queue: &[Queued], bounds: QueueBounds) -> Option<&[Queued]> {
    let first_loose = queue.iter().rposition(Queued::is_squashed).map_or(0, |last| last + 1);
    let (squashed, loose) = queue.split_at(first_loose);
    let bytes = |files: &[Queued]| files.iter().map(|file| file.size).sum::<u64>();
    let too_many = loose.len() >= bounds.files;
    let too_large = bytes(loose) >= bounds.bytes.max(bytes(squashed));
    if loose.len() < 2 || !(too_many || too_large) {
        return None;
    }
    if loose.len() >= MOST_PARTS {
        return Some(&loose[..MOST_PARTS]);
    }
    let mut total = bytes(loose);
    let mut first = first_loose;
    while let Some(file) = first.checked_sub(1).map(|index| queue[index]).filter(|file| file.size <= total) {
        total += file.size;
        first -= 1;
    }
    Some(&queue[first..])
}

impl Stage {
    pub fn queued(&self, txids: TxidRange) -> Result<Queued> {
        let (size, header) = (self.fingerprint(txids)?.size, self.header(txids)?);
        Ok(Queued { txids, size, page_size: header.page_size })
    }

    /// Replaces `parts`, a chain in TXID order, by one file. A crash in between leaves the parts, or the whole and some
    /// of its parts, which the next start removes.
    pub fn squash(&self, parts: &[Queued]) -> Result<()> {
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return Ok(()) };
        let txids =
            TxidRange::new(first.txids.min(), last.txids.max()).expect("BUG: a chain that ends before it begins");
        let path = self.path(txids);
        let temporary = path.with_extension("ltx.tmp");
        let written = self.merge(parts, &temporary).and_then(|()| {
            failpoint!("squash: before the rename");
            fs::rename(&temporary, &path).map_err(Error::io("rename to", &path))
        });
        if let Err(error) = written {
            // The first error is reported; the next start removes a leftover.
            let _ = fs::remove_file(&temporary);
            return Err(error);
        }
        failpoint!("squash: after the rename");
        self.sync_directory()?;
        failpoint!("squash: before the removals");
        self.remove_superseded()?;
        failpoint!("squash: after the removals");
        Ok(())
    }

    fn merge(&self, parts: &[Queued], temporary: &Path) -> Result<()> {
        let open = |part: &Queued| {
            let path = self.path(part.txids);
            File::open(&path).map_err(Error::io("open", path))
        };
        let inputs = parts.iter().map(open).collect::<Result<Vec<_>>>()?;
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(FILE_MODE).open(temporary);
        let file = file.map_err(Error::io("create", temporary))?;
        let scratch = spooled_tempfile_in(0, temporary.parent().unwrap_or(temporary));
        ltx::merge_with_scratch(inputs, &file, scratch).map_err(|error| match error {
            ltx::Error::Io(source) => Error::io("write", temporary)(source),
            error => Error::Corrupt { what: "a staged file".to_owned(), problem: error.to_string() },
        })?;
        failpoint!("squash: before the fsync");
        file.sync_all().map_err(Error::io("sync", temporary))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ltx::Txid;

    use super::*;

    const BOUNDS: QueueBounds = QueueBounds { files: 4, bytes: 100 };

    fn queue(files: &[(u64, u64, u64)]) -> Vec<Queued> {
        let txid = |value| Txid::new(value).unwrap();
        let page_size = PageSize::new(4096).unwrap();
        let file = |&(min, max, size)| Queued { txids: TxidRange::new(txid(min), txid(max)).unwrap(), size, page_size };
        files.iter().map(file).collect()
    }

    /// First and last TXID of the result.
    fn planned(files: &[(u64, u64, u64)]) -> Option<(u64, u64)> {
        let queue = queue(files);
        plan(&queue, BOUNDS, &[]).map(|parts| (parts[0].txids.min().get(), parts[parts.len() - 1].txids.max().get()))
    }

    #[test]
    fn few_small_files_are_left_alone() {
        assert_eq!(planned(&[]), None);
        assert_eq!(planned(&[(2, 2, 500)]), None, "one file is as small as it can be");
        assert_eq!(planned(&[(2, 2, 10), (3, 3, 10), (4, 4, 10)]), None);
        assert_eq!(planned(&[(2, 90, 10), (91, 91, 10), (92, 92, 10)]), None);
    }

    #[test]
    fn many_files_or_many_bytes_become_one() {
        assert_eq!(planned(&[(2, 2, 1), (3, 3, 1), (4, 4, 1), (5, 5, 1)]), Some((2, 5)));
        assert_eq!(planned(&[(2, 2, 60), (3, 3, 60)]), Some((2, 3)));
    }

    #[test]
    fn a_long_queue_is_squashed_in_several_steps() {
        let files: Vec<_> = (2..=900).map(|txid| (txid, txid, 1)).collect();
        assert_eq!(planned(&files), Some((2, 257)));
        assert_eq!(planned(&[&[(2, 257, 256)], &files[256..]].concat()), Some((258, 513)));
    }

    #[test]
    fn a_large_file_is_rewritten_only_with_as_much_new_data() {
        let loose = [(91, 91, 5), (92, 92, 5), (93, 93, 5), (94, 94, 5)];
        let with = |squashed: &[(u64, u64, u64)]| planned(&[squashed, &loose[..]].concat());
        assert_eq!(with(&[(2, 90, 1000)]), Some((91, 94)));
        assert_eq!(with(&[(2, 90, 20)]), Some((2, 94)));
        assert_eq!(with(&[(2, 50, 1000), (51, 90, 15)]), Some((51, 94)));
        assert_eq!(planned(&[(2, 90, 1000), (91, 91, 60), (92, 92, 60)]), None, "less than is squashed already");
        assert_eq!(planned(&[(2, 90, 1000), (91, 91, 600), (92, 92, 600)]), Some((2, 92)));
    }

    #[test]
    fn pages_of_two_sizes_never_become_one_file() {
        let mut files =
            queue(&[(2, 2, 1), (3, 3, 1), (4, 4, 1), (5, 5, 1), (6, 6, 1), (7, 7, 1), (8, 8, 1), (9, 9, 1)]);
        files[3..].iter_mut().for_each(|file| file.page_size = PageSize::new(1024).unwrap());
        assert_eq!(plan(&files, BOUNDS, &[]), Some(&files[3..]), "too few before the change");
    }

    #[test]
    fn g7_a_held_transaction_stays_the_end_of_a_file() {
        let files = queue(&[(2, 2, 1), (3, 3, 1), (4, 4, 1), (5, 5, 1), (6, 6, 1), (7, 7, 1), (8, 8, 1)]);
        let held = |txid| plan(&files, BOUNDS, &[Txid::new(txid).unwrap()]);
        assert_eq!((held(5), held(4)), (Some(&files[..4]), Some(&files[3..])));
    }

    /// A day without a store: few files, and each byte written a few times.
    #[test]
    fn a_long_outage_stays_cheap() {
        let mut files = Vec::new();
        let (mut written, mut most) = (0, 0);
        for txid in 2..100_000 {
            files.extend(queue(&[(txid, txid, 1)]));
            if let Some(parts) = plan(&files, BOUNDS, &[]).map(<[Queued]>::to_vec) {
                let size = parts.iter().map(|part| part.size).sum();
                let min = parts[0].txids.min();
                files.truncate(files.len() - parts.len());
                files.extend(queue(&[(min.get(), txid, size)]));
                written += size;
            }
            most = most.max(files.len());
        }
        assert!(most < 24, "{most} files");
        assert!(written < 100_000 * 20, "{written} written for 100000");
    }
}
