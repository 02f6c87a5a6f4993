//! Time and memory beside official Litestream, in one run on one S3 server: first backup, idle cost, lag, restore.
//! `bin/bench` builds the release executable, finds the official ones and starts this. Prints a table with ratios; judges
//! nothing, since machines are noisy.

mod contender;
mod database;
mod measure;
mod report;

use std::{env, error::Error, time::Duration};

use litestream_testkit::s3::{Options, S3Server};

use contender::{Contender, Format};
use report::Report;

/// What one run is made of; `bin/bench` documents the variables.
pub struct Plan {
    pub megabytes: u64,
    pub restores: usize,
    pub commits: usize,
    pub idle: Duration,
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn main() -> Result<(), Box<dyn Error>> {
    let plan = Plan {
        megabytes: number("BENCH_MIB", 256),
        restores: number("BENCH_RESTORES", 3) as usize,
        commits: number("BENCH_COMMITS", 20) as usize,
        idle: Duration::from_secs(number("BENCH_IDLE_SECONDS", 20)),
    };
    let contenders = [
        Contender::from_env("ours", "BENCH_OURS", Format::Ltx),
        Contender::from_env("official 0.5.17", "BENCH_OFFICIAL_0_5_17", Format::Ltx),
        Contender::from_env("official 0.3.13", "BENCH_OFFICIAL_0_3_13", Format::V3),
    ];
    let scratch = tempfile::tempdir()?;
    let source = scratch.path().join("source.db");
    println!("making a database of {} MiB", plan.megabytes);
    database::make(&source, plan.megabytes)?;

    let server = S3Server::start(Options::with_bucket("bench"))?;
    let mut report = Report::default();
    for contender in contenders.into_iter().flatten() {
        println!("measuring {}", contender.name);
        let home = scratch.path().join(contender.name.replace(' ', "-"));
        report.add(contender.name, measure::run(&contender, &plan, &server, &source, &home)?);
    }
    println!("\n{report}");
    Ok(())
}
