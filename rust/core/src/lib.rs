//! Code shared by both processes, without SQLite: the Rails process through the extension, the replicator directly.
//! Imports lead down: `store` imports nothing above it, `replica` builds keys, `restore` and `verify` plan over
//! listings and perform against the store.

#![deny(missing_docs)]

pub mod backoff;
pub mod clock;
pub mod config;
pub mod control;
pub mod error;
#[cfg(feature = "failpoints")]
pub mod failpoint;
pub mod panics;
pub mod private;
pub mod process;
pub mod replica;
pub mod restore;
pub mod secret;
pub mod store;
pub mod verify;

pub use error::{Error, Result};

/// Marks a place from the lists in `failpoint`, with the database's path where it is known. Compiles to nothing
/// without the feature.
#[macro_export]
macro_rules! failpoint {
    ($place:literal) => {
        #[cfg(feature = "failpoints")]
        $crate::failpoint::reach($place, None);
    };
    ($place:literal, $database:expr) => {
        #[cfg(feature = "failpoints")]
        $crate::failpoint::reach($place, Some($database));
        #[cfg(not(feature = "failpoints"))]
        let _: &std::path::Path = $database;
    };
}
