//! The objects of a server, in memory or in a folder, behind one lock: a condition and the write
//! it guards are one step.

mod buckets;
mod conditions;
mod content;
mod digests;
mod folder;
mod listing;
mod object;
mod uploads;

pub(super) use buckets::Storage;
pub(super) use conditions::Precondition;
pub(super) use content::Content;
pub(super) use digests::{Algorithm, Checksums, Digests, base64, base64_decode};
pub(super) use listing::{Listing, Page};
pub use object::ObjectView;
pub(super) use object::{Attributes, Object};
pub(super) use uploads::{Part, Upload};
