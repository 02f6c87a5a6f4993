//! The live database as SQLite and the operating system show it: two connections, the read lock, the write lock, and
//! raw descriptors on the database, its `-wal` and its `-shm`. Knows nothing of LTX or replicas.

mod connection;
mod copy_checker;
mod database;
mod error;
mod files;
mod header;
pub mod wal;
mod write_lock;

pub use copy_checker::CopyChecker;
pub use database::Database;
pub use files::beside;
pub use header::is_in_wal_mode;
pub use write_lock::WriteLock;
