//! The replica's only writer's record of its files: listed once, then updated by the writer's own changes. Only a
//! failure that may have taken effect makes a new listing necessary.

use std::collections::BTreeMap;

use ltx::Txid;

use super::{Level, ReplicaFile};

/// The files of a replica.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    files: BTreeMap<(Level, Txid, Txid), ReplicaFile>,
    /// Damaged files that still exist in the replica.
    damaged: Vec<ReplicaFile>,
    doubtful: bool,
}

impl Manifest {
    /// Builds the manifest from a listing of all levels.
    pub fn new(files: impl IntoIterator<Item = ReplicaFile>) -> Self {
        let files = files.into_iter().map(|file| (place(&file), file)).collect();
        Manifest { files, ..Manifest::default() }
    }

    /// Replaces the record by a new listing.
    pub fn relist(&mut self, files: impl IntoIterator<Item = ReplicaFile>) {
        let damaged = std::mem::take(&mut self.damaged);
        *self = Manifest::new(files.into_iter().filter(|file| !damaged.contains(file)));
        self.damaged = damaged;
    }

    /// Marks a file that can be neither restored nor merged: it counts as missing from now on.
    pub fn set_aside(&mut self, file: ReplicaFile) {
        self.remove(&[file]);
        self.damaged.push(file);
    }

    /// The files by level, then by TXIDs.
    pub fn files(&self) -> Vec<ReplicaFile> {
        self.files.values().copied().collect()
    }

    /// Records an uploaded file; replaces one with the same level and TXIDs.
    pub fn add(&mut self, file: ReplicaFile) {
        self.files.insert(place(&file), file);
    }

    /// Forgets deleted files; unknown ones are ignored.
    pub fn remove(&mut self, files: &[ReplicaFile]) {
        for file in files {
            self.files.remove(&place(file));
        }
    }

    /// Marks the record as doubtful: a failed request may have taken effect.
    pub fn doubt(&mut self) {
        self.doubtful = true;
    }

    /// True if the replica must be listed before this record is used.
    pub fn is_doubtful(&self) -> bool {
        self.doubtful
    }
}

fn place(file: &ReplicaFile) -> (Level, Txid, Txid) {
    (file.level, file.txids.min(), file.txids.max())
}
