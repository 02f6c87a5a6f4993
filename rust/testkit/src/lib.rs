//! The project's test kit. Never shipped: other crates take it as a dev-dependency only.
//!
//! * [`s3`]: an S3 server in this process, with a request log and faults by rule.
//! * [`official`]: official Litestream as a judge.
//! * [`workload`]: random but repeatable work on a database, and its pages for comparison.
//! * [`random`]: random numbers from a seed.
//! * [`skip`]: what a test does that lacks something to run.
//! * [`cache`]: where downloads are kept between runs.

pub mod cache;
pub mod official;
pub mod random;
pub mod s3;
pub mod skip;
pub mod workload;
