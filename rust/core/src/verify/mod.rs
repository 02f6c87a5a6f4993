//! Proves a replica good. [`prove`] streams everything that a restore would read and writes nothing. [`Verification`]
//! compares the result with the live database and keeps the outcome in a [`Journal`].

mod journal;
mod prove;
mod verification;

pub use journal::{Entry, Journal, Outcome};
pub use prove::{Proof, prove};
pub use verification::{Verification, Verified};

#[cfg(test)]
mod tests;
