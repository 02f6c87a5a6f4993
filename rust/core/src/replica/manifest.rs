//! What the one writer of a replica knows of it: listed once, then kept up by what the writer itself does. Only after a
//! failure that may have taken effect does it have to be listed again.

use std::collections::BTreeMap;

use ltx::Txid;

use super::{Level, ReplicaFile};

/// The files of a replica.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    files: BTreeMap<(Level, Txid, Txid), ReplicaFile>,
    /// Lie there too, but are damaged.
    damaged: Vec<ReplicaFile>,
    doubtful: bool,
}

impl Manifest {
    /// From a listing of all levels.
    pub fn new(files: impl IntoIterator<Item = ReplicaFile>) -> Self {
        let files = files.into_iter().map(|file| (place(&file), file)).collect();
        Manifest { files, ..Manifest::default() }
    }

    /// Takes a new listing's word for what there is.
    pub fn relist(&mut self, files: impl IntoIterator<Item = ReplicaFile>) {
        let damaged = std::mem::take(&mut self.damaged);
        *self = Manifest::new(files.into_iter().filter(|file| !damaged.contains(file)));
        self.damaged = damaged;
    }

    /// Nothing can be restored or merged with this file: from now on it counts as missing.
    pub fn set_aside(&mut self, file: ReplicaFile) {
        self.remove(&[file]);
        self.damaged.push(file);
    }

    /// By level, then by TXIDs.
    pub fn files(&self) -> Vec<ReplicaFile> {
        self.files.values().copied().collect()
    }

    pub fn add(&mut self, file: ReplicaFile) {
        self.files.insert(place(&file), file);
    }

    pub fn remove(&mut self, files: &[ReplicaFile]) {
        for file in files {
            self.files.remove(&place(file));
        }
    }

    /// Something failed, and may have taken effect.
    pub fn doubt(&mut self) {
        self.doubtful = true;
    }

    /// Whether the replica has to be listed before this is believed.
    pub fn is_doubtful(&self) -> bool {
        self.doubtful
    }
}

fn place(file: &ReplicaFile) -> (Level, Txid, Txid) {
    (file.level, file.txids.min(), file.txids.max())
}
