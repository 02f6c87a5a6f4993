//! Proves that a replica is good. [`prove`] reads everything that a restore would read and writes nothing.
//! [`Verification`] compares the result with the live database and records it in a [`Journal`].

mod journal;
mod replica_checksum;
mod run;

pub use journal::{Journal, JournalEntry, VerificationOutcome};
pub use replica_checksum::{ReplicaChecksum, prove};
pub use run::{Verification, Verified};

#[cfg(test)]
mod tests;
