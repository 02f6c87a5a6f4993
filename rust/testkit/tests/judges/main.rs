//! Workloads, and official Litestream that replicates one.

mod official;
mod workload;
