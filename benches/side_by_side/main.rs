//! Time and memory beside official Litestream, in one run on one S3 server: first backup, idle cost, lag, verify, restore.
//! `bin/bench` builds the release executable, finds the official ones and starts this. Prints a table with ratios for
//! each size; judges nothing, since machines are noisy.

mod contender;
mod database;
mod deltas;
mod measure;
mod report;

use std::{env, error::Error, time::Duration};

use litestream_testkit::s3::{Options, S3Server};

use contender::{Contender, Format, OURS};
use report::Report;

/// The settings of one run; `bin/bench` documents the variables.
pub struct Plan {
    pub megabytes: u64,
    pub restores: usize,
    /// The number of small files on top, for the last restores.
    pub deltas: u32,
    pub commits: usize,
    pub idle: Duration,
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// `82,1024`
fn sizes() -> Result<Vec<u64>, Box<dyn Error>> {
    let text = env::var("BENCH_MIB").unwrap_or_else(|_| "82".into());
    text.split(',')
        .map(|size| size.trim().parse().map_err(|_| format!("BENCH_MIB: {size:?} is not a size in MiB").into()))
        .collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    for megabytes in sizes()? {
        let plan = Plan {
            megabytes,
            restores: number("BENCH_RESTORES", 5) as usize,
            deltas: number("BENCH_DELTAS", 300) as u32,
            commits: number("BENCH_COMMITS", 20) as usize,
            idle: Duration::from_secs(number("BENCH_IDLE_SECONDS", 20)),
        };
        println!("\n{}", measured(&plan)?);
    }
    Ok(())
}

fn measured(plan: &Plan) -> Result<Report, Box<dyn Error>> {
    let contenders = [
        Contender::from_env(OURS, "BENCH_OURS", Format::Ltx),
        Contender::from_env("official 0.5.17", "BENCH_OFFICIAL_0_5_17", Format::Ltx),
        Contender::from_env("official 0.3.13", "BENCH_OFFICIAL_0_3_13", Format::V3),
    ];
    let scratch = tempfile::tempdir()?;
    let source = scratch.path().join("source.db");
    println!("making a database of {} MiB", plan.megabytes);
    database::make(&source, plan.megabytes)?;

    let server = S3Server::start(Options::with_bucket("bench"))?;
    let mut report = Report::new(plan.megabytes);
    for contender in contenders.into_iter().flatten() {
        println!("measuring {}", contender.name);
        let home = scratch.path().join(contender.prefix());
        report.add(contender.name, measure::run(&contender, plan, &server, &source, &home)?);
    }
    Ok(report)
}
