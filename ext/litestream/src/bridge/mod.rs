//! What every Ruby class of the extension needs: waiting without the GVL, values both ways, errors.

pub mod convert;
pub mod error;
pub mod gvl;
