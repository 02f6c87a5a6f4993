//! The project's test kit. Never shipped: other crates take it as a dev-dependency only.
//!
//! * [`s3`]: an S3 server in this process, with a request log and faults by rule.

pub mod s3;
