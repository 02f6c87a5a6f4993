//! Is the replica good? [`prove`] streams everything a restore would read and writes nothing; [`Verification`] compares
//! that with the live database and keeps the outcome in a [`Journal`].

mod journal;
mod prove;
mod verification;

pub use journal::{Entry, Journal, Outcome};
pub use prove::{Proof, prove};
pub use verification::{Verification, Verified};

#[cfg(test)]
mod tests;
