//! Uploads after events that the WAL does not record: a few rows change, and an event makes official Litestream upload
//! the whole database. `bin/bench changes` prints a table, and judges nothing.

mod case;
#[path = "../side_by_side/contender.rs"]
#[expect(dead_code, reason = "shared with the other benches")]
mod contender;
#[path = "../side_by_side/database.rs"]
#[expect(dead_code, reason = "shared with the other benches")]
mod database;

use std::{env, error::Error};

use case::Case;
use contender::{Contender, Format};
use litestream_testkit::s3::{Options, S3Server};

fn main() -> Result<(), Box<dyn Error>> {
    let megabytes = env::var("BENCH_MIB").ok().and_then(|text| text.parse().ok()).unwrap_or(64);
    let scratch = tempfile::tempdir()?;
    let source = scratch.path().join("source.db");
    database::make(&source, megabytes)?;
    let contenders = [
        Contender::from_env("ours", "BENCH_OURS", Format::Ltx),
        Contender::from_env("official 0.5.17", "BENCH_OFFICIAL_0_5_17", Format::Ltx),
    ];
    println!("KiB uploaded to level 0 of a database of {megabytes} MiB");
    println!("{:<48}{:>12}{:>18}", "event", "ours", "official 0.5.17");
    for (number, case) in Case::ALL.iter().enumerate() {
        print!("{:<48}", case.name());
        for (contender, width) in contenders.iter().zip([12, 18]) {
            let text = match contender {
                Some(contender) => {
                    let home = scratch.path().join(format!("{number}-{}", contender.name.replace(' ', "-")));
                    let server = S3Server::start(Options::with_bucket("bench"))?;
                    match case.measure(contender, &server, &source, &home)? {
                        Some(bytes) => format!("{:.0}", bytes as f64 / 1024.0),
                        None => "unnoticed".to_owned(),
                    }
                }
                None => "-".to_owned(),
            };
            print!("{text:>width$}");
        }
        println!();
    }
    Ok(())
}
