//! The location of one replica: a bucket or a directory.

mod address;
mod below;
pub(super) mod endpoint;
mod locate;
mod place;
mod providers;
mod query;
mod s3;
pub(super) mod settings;
#[cfg(test)]
mod tests;
pub mod url;

pub use address::S3Address;
pub(super) use below::Below;
pub(super) use locate::locate;
pub use place::Location;
pub(super) use s3::s3;
