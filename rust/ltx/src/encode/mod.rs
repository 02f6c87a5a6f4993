//! Writes one LTX file: [`Encoder`] takes pages in order, one by one or in batches that other threads compress.

mod batch;
mod encoder;
mod index_spool;

pub use batch::PageBatch;
pub use encoder::{Encoder, Summary};
pub use index_spool::Scratch;
