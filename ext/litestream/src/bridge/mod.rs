//! Shared by every Ruby class of the extension: waiting without the GVL, values in both directions, errors.

pub mod convert;
pub mod error;
pub mod gvl;
