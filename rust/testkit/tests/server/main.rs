//! The S3 server: in a test's process, as an executable, judged by boto3.

mod boto3;
mod executable;
mod in_process;
