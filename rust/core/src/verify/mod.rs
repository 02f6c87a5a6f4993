//! Is the replica good? [`prove`] streams everything a restore would read and writes nothing.

mod prove;

pub use prove::{Proof, prove};

#[cfg(test)]
mod tests;
