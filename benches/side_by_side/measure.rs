//! The measurements of one contender, in the order of a replica's life.

use std::{
    error::Error,
    fs, io,
    path::Path,
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use litestream_testkit::s3::{Operation, S3Server};
use rusqlite::Connection;

use crate::{
    Plan,
    contender::{Contender, Format},
    database, deltas,
};

const POLL: Duration = Duration::from_millis(2);
const LONGEST: Duration = Duration::from_secs(300);

#[derive(Default)]
pub struct Figures {
    pub first_backup: Duration,
    /// The time from the start until the store was quiet.
    pub first_backup_bytes: u64,
    /// The time from the start to the last commit.
    pub peak_rss_kib: u64,
    pub idle_rss_kib: u64,
    /// In thousandths of one core.
    pub idle_cpu_millicores: f64,
    pub idle_requests: u64,
    /// Sorted.
    pub lags: Vec<Duration>,
    pub stop: Duration,
    /// Sorted. Empty if there is no such command.
    pub verifications: Vec<Duration>,
    pub restores: Restores,
    /// The same without SQLite's check, which is optional in official Litestream. Empty if it is off by default.
    pub unchecked: Vec<Duration>,
    /// The same with many small files on top. Empty if the bench cannot make them.
    pub restores_of_deltas: Restores,
}

#[derive(Default)]
pub struct Restores {
    /// Sorted.
    pub times: Vec<Duration>,
    pub peak_kib: u64,
    pub downloaded_bytes: u64,
}

pub fn run(
    contender: &Contender,
    plan: &Plan,
    server: &S3Server,
    source: &Path,
    home: &Path,
) -> Result<Figures, Box<dyn Error>> {
    fs::create_dir(home)?;
    let database = home.join("app.db");
    fs::copy(source, &database)?;
    let config = contender.configure(home, &database, server)?;
    let mut figures = Figures::default();

    let seen = server.requests().total();
    let written = bytes_in(server);
    let started = Instant::now();
    let mut process = contender.replicate(&config).spawn()?;
    wait_for(server, seen, &mut process, |key| contender.is_first_backup(key))?;
    figures.first_backup = started.elapsed();

    let app = Connection::open(&database)?;
    app.busy_timeout(Duration::from_secs(10))?;
    settle(server);
    figures.first_backup_bytes = bytes_in(server) - written;
    idle(&process, server, plan.idle, &mut figures)?;
    for number in 0..plan.commits {
        // Spread over the contenders' own intervals.
        thread::sleep(Duration::from_millis(1300 + (number as u64 * 137) % 700));
        let seen = server.requests().total();
        database::commit(&app, number)?;
        let committed = Instant::now();
        wait_for(server, seen, &mut process, |key| contender.is_increment(key))?;
        figures.lags.push(committed.elapsed());
    }
    figures.lags.sort();
    figures.peak_rss_kib = memory(&process, "VmHWM:").unwrap_or_default();

    for _ in 0..plan.restores {
        if contender.verifies() {
            figures.verifications.push(timed(&mut contender.verify(&config, &database))?);
        }
    }
    figures.verifications.sort();

    let stopping = Instant::now();
    // SAFETY: a plain system call on our own child, which has not been waited for.
    unsafe { libc::kill(process.id() as libc::pid_t, libc::SIGTERM) };
    process.wait()?;
    figures.stop = stopping.elapsed();
    drop(app);

    let output = home.join("restored.db");
    let restore = || contender.restore(&config, &database, &output);
    if contender.checks() {
        let unchecked = || {
            let mut command = restore();
            command.args(["--integrity-check", "none"]);
            command
        };
        figures.unchecked = restores(plan, server, unchecked, &output)?.times;
    }
    figures.restores = restores(plan, server, restore, &output)?;
    if contender.format == Format::Ltx {
        deltas::add(server, &contender.prefix(), &output, plan.deltas)?;
        figures.restores_of_deltas = restores(plan, server, restore, &output)?;
    }
    fs::remove_file(&output)?;
    Ok(figures)
}

/// Restores several times for the time and once for the memory; the last result stays at `output`.
fn restores(
    plan: &Plan,
    server: &S3Server,
    restore: impl Fn() -> Command,
    output: &Path,
) -> Result<Restores, Box<dyn Error>> {
    let mut restores = Restores::default();
    let read = bytes_out(server);
    for _ in 0..plan.restores {
        clear(output)?;
        restores.times.push(timed(&mut restore())?);
        if fs::metadata(output)?.len() < plan.megabytes << 20 {
            return Err(format!("{} is short", output.display()).into());
        }
    }
    restores.downloaded_bytes = (bytes_out(server) - read) / plan.restores.max(1) as u64;
    clear(output)?;
    restores.peak_kib = peak(&mut restore())?;
    restores.times.sort();
    Ok(restores)
}

fn clear(path: &Path) -> io::Result<()> {
    if path.exists() { fs::remove_file(path) } else { Ok(()) }
}

fn bytes_in(server: &S3Server) -> u64 {
    server.requests().counts().values().map(|count| count.bytes_in).sum()
}

fn bytes_out(server: &S3Server) -> u64 {
    server.requests().counts().values().map(|count| count.bytes_out).sum()
}

/// Waits for the answer to a write whose key fits, among requests after number `seen`.
fn wait_for(
    server: &S3Server,
    seen: u64,
    process: &mut Child,
    fits: impl Fn(&str) -> bool,
) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    loop {
        let done = server.requests().after(seen).iter().any(|request| {
            let writes = matches!(request.operation, Operation::PutObject | Operation::CompleteMultipartUpload);
            writes && request.status.is_some_and(|status| status < 300) && request.key.as_deref().is_some_and(&fits)
        });
        if done {
            return Ok(());
        }
        if let Some(status) = process.try_wait()? {
            return Err(format!("the replicator ended with {status}").into());
        }
        if started.elapsed() > LONGEST {
            return Err("nothing was uploaded in time".into());
        }
        thread::sleep(POLL);
    }
}

/// Waits until nothing has been written to the store for five seconds.
fn settle(server: &S3Server) {
    let (mut last, mut since) = (bytes_in(server), Instant::now());
    while since.elapsed() < Duration::from_secs(5) {
        thread::sleep(Duration::from_millis(100));
        let now = bytes_in(server);
        if now != last {
            (last, since) = (now, Instant::now());
        }
    }
}

fn idle(process: &Child, server: &S3Server, period: Duration, figures: &mut Figures) -> io::Result<()> {
    let (cpu, requests) = (cpu_ticks(process)?, server.requests().total());
    thread::sleep(period);
    // SAFETY: asks for a constant of the system.
    let ticks_per_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) } as f64;
    let used = (cpu_ticks(process)? - cpu) as f64 / ticks_per_second;
    figures.idle_cpu_millicores = used / period.as_secs_f64() * 1000.0;
    figures.idle_requests = server.requests().total() - requests;
    figures.idle_rss_kib = memory(process, "VmRSS:").unwrap_or_default();
    Ok(())
}

/// User and system time so far.
fn cpu_ticks(process: &Child) -> io::Result<u64> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.id()))?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let field = |at: usize| fields.get(at).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    Ok(field(11) + field(12))
}

/// Wall time of a command that must succeed.
fn timed(command: &mut Command) -> Result<Duration, Box<dyn Error>> {
    let started = Instant::now();
    let status = command.status()?;
    let elapsed = started.elapsed();
    if status.success() { Ok(elapsed) } else { Err(format!("{command:?} ended with {status}").into()) }
}

/// Peak memory in KiB of a command that must succeed, read while it runs. The figure of `wait4` would include the memory
/// of this process, which holds every replica.
fn peak(command: &mut Command) -> Result<u64, Box<dyn Error>> {
    let mut child = command.spawn()?;
    let mut peak = 0;
    loop {
        peak = memory(&child, "VmHWM:").unwrap_or(peak);
        match child.try_wait()? {
            None => thread::sleep(Duration::from_millis(1)),
            Some(status) if status.success() => return Ok(peak),
            Some(status) => return Err(format!("{command:?} ended with {status}").into()),
        }
    }
}

/// A figure of a running process in KiB.
fn memory(process: &Child, name: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
