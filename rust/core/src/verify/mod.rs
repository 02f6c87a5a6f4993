//! Is the replica good? [`prove`] streams everything a restore would read and writes nothing; [`Verification`] compares
//! that with the live database.

mod prove;
mod verification;

pub use prove::{Proof, prove};
pub use verification::{Verification, Verified};

#[cfg(test)]
mod tests;
