//! The measurements of one contender, in the order of a replica's life.

use std::{
    error::Error,
    fs, io, mem,
    path::Path,
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use litestream_testkit::s3::{Operation, S3Server};
use rusqlite::Connection;

use crate::{Plan, contender::Contender, database};

const POLL: Duration = Duration::from_millis(2);
const LONGEST: Duration = Duration::from_secs(300);

#[derive(Default)]
pub struct Figures {
    pub first_backup: Duration,
    pub idle_rss_kib: u64,
    /// Thousandths of one core.
    pub idle_cpu_millicores: f64,
    pub idle_requests: u64,
    /// Sorted.
    pub lags: Vec<Duration>,
    pub stop: Duration,
    /// Sorted.
    pub restores: Vec<Duration>,
    pub restore_peak_kib: u64,
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
    let started = Instant::now();
    let mut process = contender.replicate(&config).spawn()?;
    wait_for(server, seen, &mut process, |key| contender.is_first_backup(key))?;
    figures.first_backup = started.elapsed();

    let app = Connection::open(&database)?;
    app.busy_timeout(Duration::from_secs(10))?;
    settle(server);
    idle(&process, server, plan.idle, &mut figures)?;
    for number in 0..plan.commits {
        // Spread over the contenders' own clock.
        thread::sleep(Duration::from_millis(1300 + (number as u64 * 137) % 700));
        let seen = server.requests().total();
        database::commit(&app, number)?;
        let committed = Instant::now();
        wait_for(server, seen, &mut process, |key| contender.is_increment(key))?;
        figures.lags.push(committed.elapsed());
    }
    figures.lags.sort();

    let stopping = Instant::now();
    // SAFETY: a plain system call on our own child, which has not been waited for.
    unsafe { libc::kill(process.id() as libc::pid_t, libc::SIGTERM) };
    process.wait()?;
    figures.stop = stopping.elapsed();
    drop(app);

    for number in 0..plan.restores {
        let output = home.join(format!("restored-{number}.db"));
        let (elapsed, peak) = timed(&mut contender.restore(&config, &database, &output))?;
        figures.restores.push(elapsed);
        figures.restore_peak_kib = figures.restore_peak_kib.max(peak);
        if fs::metadata(&output)?.len() < plan.megabytes << 20 {
            return Err(format!("{} restored a short file", contender.name).into());
        }
        fs::remove_file(&output)?;
    }
    figures.restores.sort();
    Ok(figures)
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
    let written = || server.requests().counts().values().map(|count| count.bytes_in).sum::<u64>();
    let (mut last, mut since) = (written(), Instant::now());
    while since.elapsed() < Duration::from_secs(5) {
        thread::sleep(Duration::from_millis(100));
        let now = written();
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
    figures.idle_rss_kib = fs::read_to_string(format!("/proc/{}/status", process.id()))?
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok())
        .unwrap_or_default();
    Ok(())
}

/// User and system time so far.
fn cpu_ticks(process: &Child) -> io::Result<u64> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.id()))?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let field = |at: usize| fields.get(at).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    Ok(field(11) + field(12))
}

/// Wall time and peak memory in KiB of a command that must succeed.
fn timed(command: &mut Command) -> Result<(Duration, u64), Box<dyn Error>> {
    let started = Instant::now();
    let child = command.spawn()?;
    let mut status = 0;
    // SAFETY: both out-parameters live through the call; the pid is our own child's.
    let usage = unsafe {
        let mut usage: libc::rusage = mem::zeroed();
        libc::wait4(child.id() as libc::pid_t, &mut status, 0, &mut usage);
        usage
    };
    let elapsed = started.elapsed();
    if status != 0 {
        return Err(format!("{command:?} ended with wait status {status}").into());
    }
    Ok((elapsed, usage.ru_maxrss as u64))
}
