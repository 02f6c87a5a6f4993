//! Names of objects, as in official Litestream v0.5.
//!
//! ```text
//! S3     <path>/<level: 4 hex digits>/<min>-<max>.ltx
//! file   ltx/<level: decimal>/<min>-<max>.ltx          below the replica's directory
//! ```

use ltx::{Txid, TxidRange, file_name};

use super::file::Level;
use crate::store::Key;

/// Scheme of the keys in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A bucket. `path` is used as it is: official Litestream writes `./0000/…` for the URL `s3://bucket` (path `.`)
    /// and `/0000/…` for `s3://bucket/` (empty path). Such replicas must stay readable.
    S3 {
        /// Prefix inside the bucket, without the slash before the level.
        path: String,
    },
    /// A directory; keys are relative to it.
    File,
}

impl Layout {
    /// Key of the file with these transactions on this level.
    pub fn key(&self, level: Level, txids: TxidRange) -> Key {
        Key::new(format!("{}{}", self.prefix(level), file_name::format(txids)))
    }

    /// The prefix of every key of the level.
    pub(super) fn prefix(&self, level: Level) -> String {
        match self {
            Layout::S3 { path } => format!("{path}/{:04x}/", level.get()),
            Layout::File => format!("ltx/{level}/"),
        }
    }

    /// The prefix of every key that Litestream 0.3 wrote to the same place, with a cleaned path.
    pub(super) fn legacy_prefix(&self) -> String {
        let Layout::S3 { path } = self else { return "generations/".to_owned() };
        let root = if path.starts_with('/') && path.len() > 1 { "/" } else { "" };
        let folders = path.split('/').filter(|folder| !matches!(*folder, "" | "."));
        folders.fold(root.to_owned(), |prefix, folder| prefix + folder + "/") + "generations/"
    }

    /// The greatest key that a file beginning with this transaction can have.
    pub(super) fn last_key_from(&self, level: Level, txid: Txid) -> Key {
        Key::new(format!("{}{txid}-{:016x}.ltx", self.prefix(level), u64::MAX))
    }

    /// The object's transactions; `None` unless it is an LTX file of this level.
    pub(super) fn txids(&self, level: Level, key: &Key) -> Option<TxidRange> {
        file_name::parse(key.as_str().strip_prefix(&self.prefix(level))?)
    }

    /// True if a listing shows the store's time in place of the writer's.
    pub(super) fn needs_head_for_time(&self) -> bool {
        matches!(self, Layout::S3 { .. })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn range(min: u64, max: u64) -> TxidRange {
        TxidRange::new(Txid::new(min).unwrap(), Txid::new(max).unwrap()).unwrap()
    }

    fn s3(path: &str) -> Layout {
        Layout::S3 { path: path.into() }
    }

    #[test]
    fn keys_are_the_official_ones() {
        let (level, txids) = (Level::L0, range(1, 0x2a));
        let name = "0000000000000001-000000000000002a.ltx";
        for (layout, key) in [
            (s3("my/prefix"), format!("my/prefix/0000/{name}")),
            (s3("."), format!("./0000/{name}")),
            (s3(""), format!("/0000/{name}")),
            (Layout::File, format!("ltx/0/{name}")),
        ] {
            assert_eq!(layout.key(level, txids).as_str(), key);
            assert_eq!(layout.txids(level, &Key::new(key)), Some(txids));
        }
        let snapshot = range(1, 7);
        assert_eq!(s3("p").key(Level::SNAPSHOT, snapshot).as_str().split('/').nth(1), Some("0009"));
        assert!(Layout::File.key(Level::SNAPSHOT, snapshot).as_str().starts_with("ltx/9/"));
    }

    #[test]
    fn a_replica_of_litestream_0_3_lies_beside_the_levels() {
        for (layout, prefix) in [
            (s3("my/prefix"), "my/prefix/generations/"),
            (s3("my//prefix/"), "my/prefix/generations/"),
            (s3("/my"), "/my/generations/"),
            (s3("."), "generations/"),
            (s3(""), "generations/"),
            (Layout::File, "generations/"),
        ] {
            assert_eq!(layout.legacy_prefix(), prefix, "{layout:?}");
        }
    }

    #[test]
    fn other_objects_are_no_files_of_the_level() {
        let name = "0000000000000001-0000000000000002.ltx";
        for key in [
            format!("p/0001/{name}"),
            format!("p/0000/sub/{name}"),
            format!("p/0000/{name}.tmp"),
            "p/0000/0000000000000002-0000000000000001.ltx".into(),
            "p/0000/0000000000000000-0000000000000001.ltx".into(),
            "p/0000/000000000000000A-000000000000000B.ltx".into(),
            "p/0000/ffffffffffffffff-ffffffffffffffff.ltx".into(),
            "p/0000/1-2.ltx".into(),
            "p/0000/ffffffffffffffff-ffffffffffffffff.ltx".into(),
            "p/generations/0123456789abcdef/snapshots/00000000.snapshot.lz4".into(),
        ] {
            assert_eq!(s3("p").txids(Level::L0, &Key::new(key.as_str())), None, "{key}");
        }
    }

    #[test]
    fn the_last_key_from_a_txid_separates_it_from_the_next() {
        let layout = s3("p");
        let bound = layout.last_key_from(Level::L0, Txid::new(5).unwrap());
        assert!(layout.key(Level::L0, range(5, Txid::MAX.get())) <= bound);
        assert!(layout.key(Level::L0, range(6, 6)) > bound);
    }
}
