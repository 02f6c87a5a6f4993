//! The replica's files as this process knows them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use litestream_core::{Error, replica::Manifest};

/// The manifest as the tasks of one database share it.
#[derive(Default)]
pub struct SharedManifest(Mutex<Manifest>);

impl SharedManifest {
    pub fn lock(&self) -> MutexGuard<'_, Manifest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Doubts the manifest if the replica may differ from it after this error.
    pub(crate) fn doubt_after(&self, error: &Error) {
        if error.leaves_replica_unknown() {
            self.lock().doubt();
        }
    }
}

impl From<Manifest> for SharedManifest {
    fn from(manifest: Manifest) -> Self {
        SharedManifest(Mutex::new(manifest))
    }
}
