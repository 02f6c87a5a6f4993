//! G9: the time of an application's commits, and the length of its WAL, without replication, under ours, and under
//! official Litestream. `bin/bench commits` prints a table, and judges nothing.

#[path = "../side_by_side/contender.rs"]
#[expect(dead_code, reason = "shared with the other benches")]
mod contender;
#[path = "../side_by_side/database.rs"]
mod database;

use std::{
    env,
    error::Error,
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use contender::{Contender, Format};
use litestream_testkit::s3::{Options, S3Server};
use rusqlite::Connection;

/// The time limit of the first backup.
const BEFORE: Duration = Duration::from_secs(10);

struct Figures {
    name: &'static str,
    /// Sorted, the shortest first.
    commits: Vec<Duration>,
    longest_wal: u64,
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn main() -> Result<(), Box<dyn Error>> {
    let length = Duration::from_secs(number("BENCH_SECONDS", 30));
    let scratch = tempfile::tempdir()?;
    let source = scratch.path().join("source.db");
    database::make(&source, number("BENCH_MIB", 64))?;
    let server = S3Server::start(Options::with_bucket("bench"))?;
    let contenders = [
        Contender::from_env("ours", "BENCH_OURS", Format::Ltx),
        Contender::from_env("official 0.5.17", "BENCH_OFFICIAL_0_5_17", Format::Ltx),
        Contender::from_env("official 0.3.13", "BENCH_OFFICIAL_0_3_13", Format::V3),
    ];
    let mut all = vec![measure(None, &server, &source, scratch.path(), length)?];
    for contender in contenders.iter().flatten() {
        all.push(measure(Some(contender), &server, &source, scratch.path(), length)?);
    }
    println!(
        "{:<18}{:>10}{:>12}{:>12}{:>12}{:>14}",
        "replicated by", "commits", "p50, µs", "p99, µs", "max, ms", "WAL, MiB"
    );
    for Figures { name, commits, longest_wal } in all {
        let at = |part: usize| commits[(commits.len() - 1) * part / 1000].as_secs_f64();
        let (p50, p99, max) = (at(500) * 1e6, at(990) * 1e6, at(1000) * 1e3);
        let wal = longest_wal as f64 / (1 << 20) as f64;
        println!("{name:<18}{:>10}{p50:>12.0}{p99:>12.0}{max:>12.1}{wal:>14.1}", commits.len());
    }
    Ok(())
}

/// A writer like a busy Rails app: small transactions, WAL, `synchronous = NORMAL`, a busy timeout.
fn measure(
    contender: Option<&Contender>,
    server: &S3Server,
    source: &Path,
    scratch: &Path,
    length: Duration,
) -> Result<Figures, Box<dyn Error>> {
    let name = contender.map_or("none", |contender| contender.name);
    let home = scratch.join(name.replace(' ', "-"));
    fs::create_dir(&home)?;
    let path = home.join("app.db");
    fs::copy(source, &path)?;
    let process = match contender {
        Some(contender) => Some(contender.replicate(&contender.configure(&home, &path, server)?).spawn()?),
        None => None,
    };
    if process.is_some() {
        thread::sleep(BEFORE);
    }
    let app = Connection::open(&path)?;
    app.busy_timeout(Duration::from_secs(10))?;
    app.pragma_update(None, "synchronous", "NORMAL")?;
    let wal = home.join("app.db-wal");
    let (mut commits, mut longest_wal) = (Vec::new(), 0);
    let started = Instant::now();
    while started.elapsed() < length {
        let begun = Instant::now();
        app.execute_batch("BEGIN IMMEDIATE")?;
        database::commit(&app, commits.len())?;
        app.execute_batch("COMMIT")?;
        commits.push(begun.elapsed());
        if commits.len() % 100 == 0 {
            longest_wal = longest_wal.max(fs::metadata(&wal)?.len());
        }
        thread::sleep(Duration::from_micros(500));
    }
    if let Some(mut process) = process {
        process.kill()?;
        process.wait()?;
    }
    commits.sort();
    Ok(Figures { name, commits, longest_wal })
}
