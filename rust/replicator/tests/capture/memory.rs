//! How much memory a first capture takes: by its batches, not by the size of the database.

use std::{fs, time::Duration};

use crate::support::{Fixture, process::Process};

const MIB: usize = 1 << 20;

/// Much less than the larger database; mostly batches of pages, on their way through as many threads as there may be.
const LIMIT: usize = 24 * MIB;

/// Bytes that the process had allocated at its peak until a database of noise, of this size, was captured.
async fn peak(megabytes: usize) -> usize {
    let fixture = Fixture::new(4096);
    let app = fixture.app();
    app.execute_batch("PRAGMA synchronous = OFF; CREATE TABLE t (x)").unwrap();
    for _ in 0..megabytes {
        app.execute("INSERT INTO t VALUES (randomblob(?))", [MIB as i64]).unwrap();
    }
    app.close().unwrap();
    let replicator = fixture.spawn().await;
    let mut peak = 0;
    while fixture.staged().is_empty() {
        peak = peak.max(allocated(&replicator));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    replicator.kill();
    peak
}

fn allocated(replicator: &Process) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", replicator.id())).unwrap();
    let size = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    size.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() * 1024
}

#[tokio::test]
async fn a_first_capture_takes_the_same_memory_for_a_small_database_and_a_large_one() {
    let (small, large) = (peak(16).await, peak(96).await);
    println!("{} MiB for 16 MiB, {} MiB for 96 MiB", small / MIB, large / MIB);
    assert!(small.max(large) <= LIMIT, "{} and {} MiB", small / MIB, large / MIB);
}
