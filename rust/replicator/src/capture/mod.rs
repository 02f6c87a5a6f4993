//! Committed WAL frames → one staged LTX file: opens a database under the read lock, finds where the last capture ended, and
//! captures what was committed since.

pub mod full_read;
pub mod page_map;
pub mod page_reader;
pub mod position;
pub mod resume;
pub mod session;
pub mod wal_capture;
pub mod write_lock;
