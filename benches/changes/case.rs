//! The events, and what each costs.

use std::{
    error::Error,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::Child,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use litestream_testkit::s3::S3Server;
use rusqlite::Connection;

use crate::contender::Contender;

/// The event is over after this long without an upload.
const QUIET: Duration = Duration::from_secs(4);

/// The same for an event that is noticed late, such as a replaced file.
const LONGEST: Duration = Duration::from_secs(15);

/// The configured limit of the WAL in pages; a longer one is truncated.
const LONG_WAL: u32 = 50;

/// Ours truncates a long WAL every ten seconds at most.
const LONGEST_FOR_TRUNCATION: Duration = Duration::from_secs(40);

/// The length of one reader's transaction. Ours blocks writers for 250 ms at most, in which all readers must end.
const READING: Duration = Duration::from_millis(50);

#[derive(Clone, Copy)]
pub enum Case {
    Restart,
    TruncatedWhileDown,
    RestartedWhileDown,
    DeletedWhileDown,
    TruncatedWhileRunning,
    RestartedWhileRunning,
    TruncatedByReplicator,
    Vacuum,
    ReplacedWhileRunning,
    ReplacedWhileDown,
    DiskPutBack,
    StageLost,
}

impl Case {
    pub const ALL: [Case; 12] = [
        Case::Restart,
        Case::TruncatedWhileDown,
        Case::RestartedWhileDown,
        Case::DeletedWhileDown,
        Case::TruncatedWhileRunning,
        Case::RestartedWhileRunning,
        Case::TruncatedByReplicator,
        Case::Vacuum,
        Case::ReplacedWhileRunning,
        Case::ReplacedWhileDown,
        Case::DiskPutBack,
        Case::StageLost,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Case::Restart => "plain restart",
            Case::TruncatedWhileDown => "WAL truncated by the app while we were down",
            Case::RestartedWhileDown => "WAL restarted by the app while we were down",
            Case::DeletedWhileDown => "app closed, WAL deleted while we were down",
            Case::TruncatedWhileRunning => "WAL truncated by the app while we run",
            Case::RestartedWhileRunning => "WAL restarted by the app while we run",
            Case::TruncatedByReplicator => "long WAL truncated by the replicator itself",
            Case::Vacuum => "VACUUM of a database that was vacuumed before",
            Case::ReplacedWhileRunning => "database replaced by rename while we run",
            Case::ReplacedWhileDown => "database replaced by rename while we were down",
            Case::DiskPutBack => "disk put back to an older state",
            Case::StageLost => "local state lost",
        }
    }

    /// Bytes uploaded to level 0 from the event on; `None` if it had no effect at all.
    pub fn measure(
        self,
        contender: &Contender,
        server: &S3Server,
        source: &Path,
        home: &Path,
    ) -> Result<Option<u64>, Box<dyn Error>> {
        fs::create_dir(home)?;
        let site = Site { database: home.join("app.db"), home: home.to_owned() };
        fs::copy(source, &site.database)?;
        let config = contender.configure(home, &site.database, server)?;
        if let Case::TruncatedByReplicator = self {
            // Its only database is the last thing in the file.
            let eager = format!("    min-checkpoint-page-count: {LONG_WAL}\n    truncate-page-n: {LONG_WAL}\n");
            fs::OpenOptions::new().append(true).open(&config)?.write_all(eager.as_bytes())?;
        }
        let replicate = || contender.replicate(&config).spawn().map(Replicator);
        let app = site.open()?;
        let process = replicate()?;
        settle(server, server.requests().total(), LONGEST);
        if let Case::Vacuum = self {
            // The first one moves pages; one after it finds little to do.
            app.execute_batch("VACUUM")?;
        }
        change(&app, 1)?;
        settle(server, server.requests().total(), QUIET);
        let seen = server.requests().total();
        let (process, seen) = match self {
            Case::DiskPutBack => put_back(&site, app, process, replicate, server)?,
            _ => (self.happen(&site, app, process, replicate)?, seen),
        };
        let bytes = settle(server, seen, LONGEST);
        end(process)?;
        Ok((bytes > 0).then_some(bytes))
    }

    fn happen(
        self,
        site: &Site,
        app: Connection,
        process: Replicator,
        replicate: impl Fn() -> io::Result<Replicator>,
    ) -> Result<Replicator, Box<dyn Error>> {
        match self {
            Case::Restart | Case::TruncatedWhileDown | Case::RestartedWhileDown => {
                end(process)?;
                change(&app, 2)?;
                match self {
                    Case::TruncatedWhileDown => checkpoint(&app, "TRUNCATE")?,
                    Case::RestartedWhileDown => checkpoint(&app, "RESTART")?,
                    _ => {}
                }
                change(&app, 3)?;
            }
            Case::DeletedWhileDown => {
                end(process)?;
                change(&app, 2)?;
                drop(app);
            }
            Case::TruncatedWhileRunning | Case::RestartedWhileRunning => {
                change(&app, 2)?;
                let mode = if let Case::RestartedWhileRunning = self { "RESTART" } else { "TRUNCATE" };
                checkpoint(&app, mode)?;
                change(&app, 3)?;
                return Ok(process);
            }
            Case::TruncatedByReplicator => {
                let rounds = site.while_readers_overlap(|| site.change_until_truncated(&app))?;
                change(&app, rounds)?;
                return Ok(process);
            }
            Case::Vacuum => {
                change(&app, 2)?;
                app.execute_batch("VACUUM")?;
                return Ok(process);
            }
            Case::ReplacedWhileRunning => {
                site.replace(app)?;
                // Uploads within this time come from the replacement.
                change(&site.open()?, 3)?;
                return Ok(process);
            }
            Case::ReplacedWhileDown => {
                end(process)?;
                site.replace(app)?;
                change(&site.open()?, 3)?;
            }
            Case::StageLost | Case::DiskPutBack => {
                end(process)?;
                fs::remove_dir_all(site.home.join(".app.db-litestream"))?;
                change(&app, 2)?;
            }
        }
        Ok(replicate()?)
    }
}

/// Puts the disk back to its state before some replicated changes. Counts from the start that follows.
fn put_back(
    site: &Site,
    app: Connection,
    process: Replicator,
    replicate: impl Fn() -> io::Result<Replicator>,
    server: &S3Server,
) -> Result<(Replicator, u64), Box<dyn Error>> {
    end(process)?;
    drop(app);
    let saved = site.home.join("saved");
    fs::create_dir(&saved)?;
    copy_into(&site.all()?, &saved)?;

    let app = site.open()?;
    let process = replicate()?;
    change(&app, 2)?;
    settle(server, server.requests().total(), LONGEST);
    end(process)?;
    drop(app);

    for path in site.all()? {
        if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
    }
    let inside: io::Result<Vec<PathBuf>> = fs::read_dir(&saved)?.map(|entry| Ok(entry?.path())).collect();
    copy_into(&inside?, &site.home)?;
    let seen = server.requests().total();
    Ok((replicate()?, seen))
}

struct Site {
    home: PathBuf,
    database: PathBuf,
}

impl Site {
    fn open(&self) -> rusqlite::Result<Connection> {
        let app = Connection::open(&self.database)?;
        app.busy_timeout(Duration::from_secs(10))?;
        app.pragma_update(None, "journal_mode", "wal")?;
        Ok(app)
    }

    /// Replaces the database by a copy of it with some changes.
    fn replace(&self, mut app: Connection) -> Result<(), Box<dyn Error>> {
        let copy = self.home.join("copy.db");
        fs::write(&copy, &*app.serialize(rusqlite::MAIN_DB)?)?;
        change(&Connection::open(&copy)?, 2)?;
        drop(app);
        self.remove_sides();
        fs::rename(&copy, &self.database)?;
        Ok(())
    }

    fn wal_length(&self) -> io::Result<u64> {
        fs::metadata(self.home.join("app.db-wal")).map(|wal| wal.len())
    }

    /// Returns the number of the next round. Fails if the WAL is never truncated: the figure would mean something else.
    fn change_until_truncated(&self, app: &Connection) -> Result<u32, Box<dyn Error>> {
        let (began, mut longest) = (Instant::now(), 0);
        for round in 2.. {
            change(app, round)?;
            let length = self.wal_length()?;
            if length < longest {
                return Ok(round + 1);
            }
            longest = length;
            if began.elapsed() > LONGEST_FOR_TRUNCATION {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err(format!("a WAL of {longest} bytes was not truncated").into())
    }

    /// At any time a reader is in the WAL, and none stays long: a PASSIVE checkpoint is never enough then.
    fn while_readers_overlap<T>(&self, work: impl FnOnce() -> T) -> T {
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            for reader in 0..2 {
                let (done, site) = (&done, &self);
                scope.spawn(move || -> rusqlite::Result<()> {
                    let app = site.open()?;
                    thread::sleep(READING / 2 * reader);
                    while !done.load(Ordering::Relaxed) {
                        app.execute_batch("BEGIN; SELECT title FROM notes WHERE id = 10")?;
                        thread::sleep(READING);
                        app.execute_batch("COMMIT")?;
                    }
                    Ok(())
                });
            }
            let outcome = work();
            done.store(true, Ordering::Relaxed);
            outcome
        })
    }

    fn remove_sides(&self) {
        for side in ["app.db-wal", "app.db-shm"] {
            let _ = fs::remove_file(self.home.join(side));
        }
    }

    /// The files on the disk that fails: the database, its `-wal` and `-shm`, the local state.
    fn all(&self) -> io::Result<Vec<PathBuf>> {
        let names = ["app.db", "app.db-wal", "app.db-shm", ".app.db-litestream"];
        Ok(names.iter().map(|name| self.home.join(name)).filter(|path| path.exists()).collect())
    }
}

/// A few rows here and there.
fn change(app: &Connection, round: u32) -> rusqlite::Result<()> {
    let update = "UPDATE notes SET title = ? WHERE id IN (10, 1000, 5000)";
    app.execute(update, [format!("changed {round}")]).map(|_| ())
}

fn checkpoint(app: &Connection, mode: &str) -> rusqlite::Result<()> {
    app.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()))
}

/// Waits until nothing has come for [`QUIET`], but for `longest` until anything comes at all; the bytes written to level
/// 0 after request number `seen`.
fn settle(server: &S3Server, seen: u64, longest: Duration) -> u64 {
    let written = || -> u64 {
        let requests = server.requests().after(seen);
        let to_level_0 = |key: &Option<String>| key.as_deref().is_some_and(|key| key.contains("/0000/"));
        requests.iter().filter(|request| to_level_0(&request.key)).map(|request| request.bytes_in).sum()
    };
    let (began, mut last, mut since) = (Instant::now(), written(), Instant::now());
    loop {
        thread::sleep(Duration::from_millis(100));
        let now = written();
        if now != last {
            (last, since) = (now, Instant::now());
        }
        if since.elapsed() >= QUIET && (last > 0 || began.elapsed() >= longest) {
            return last;
        }
    }
}

/// Does not outlive a case that fails.
struct Replicator(Child);

impl Drop for Replicator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn end(mut process: Replicator) -> io::Result<()> {
    // SAFETY: a plain system call on our own child, which has not been waited for.
    unsafe { libc::kill(process.0.id() as libc::pid_t, libc::SIGTERM) };
    process.0.wait().map(|_| ())
}

fn copy_into(sources: &[PathBuf], folder: &Path) -> io::Result<()> {
    for source in sources {
        let copy = folder.join(source.file_name().unwrap_or_default());
        if source.is_dir() {
            fs::create_dir(&copy)?;
            let inside: io::Result<Vec<PathBuf>> = fs::read_dir(source)?.map(|entry| Ok(entry?.path())).collect();
            copy_into(&inside?, &copy)?;
        } else {
            fs::copy(source, copy)?;
        }
    }
    Ok(())
}
