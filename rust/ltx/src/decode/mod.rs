//! Reads one LTX file: [`Decoder`] front to back, [`Slicer`] in slices for several cores.

mod decoder;
mod skeleton;
mod slicer;
mod tally;

pub use decoder::Decoder;
pub use slicer::{Slice, Slicer};
pub use tally::Tally;
