//! The right to replicate a database and to write its replica (G4).

pub mod compare;
pub mod local_lock;
pub mod rollback;
