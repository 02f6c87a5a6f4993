//! The application's steps, the replicator's deaths, and what happens to the files of both.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    os::unix::{fs::MetadataExt, process::ExitStatusExt},
    time::{Duration, Instant},
};

use litestream_core::failpoint;
use litestream_testkit::{
    random::Random,
    workload::{Kind, Workload},
};
use nix::sys::signal::Signal;
use rusqlite::Connection;

use crate::{
    disk::Disk,
    history::History,
    journal::Journal,
    support::{Fixture, process::Process},
    upkeep,
};

const TIMEOUT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(5);

/// Of databases that take the place of another one.
const PAGE_SIZES: [u32; 4] = [512, 1024, 4096, 65_536];

pub struct Life<'a> {
    fixture: &'a Fixture,
    journal: &'a Journal<'a>,
    disk: Disk<'a>,
    app: Workload,
    /// A read transaction of the application's that does not end: no checkpoint gets beyond it.
    reader: Option<Connection>,
    /// `None` while the replicator is down; a dead one is not buried at once.
    replicator: Option<Process>,
    store_is_away: bool,
    /// How long a sync may still fail because the store was away: pauses between attempts have grown meanwhile.
    forgiven_until: Instant,
}

impl<'a> Life<'a> {
    pub async fn begin(fixture: &'a Fixture, app: Workload, journal: &'a Journal<'a>) -> Life<'a> {
        let mut life = Life {
            fixture,
            journal,
            disk: Disk::new(fixture),
            app,
            reader: None,
            replicator: None,
            store_is_away: false,
            forgiven_until: Instant::now(),
        };
        life.start().await;
        life
    }

    pub async fn step(&mut self, random: &mut Random, history: &mut History) {
        match random.within(0..100) {
            0..46 => self.work(random.within(1..4)),
            46..66 => self.record(history).await,
            66..70 => self.stop(),
            70..74 => self.kill(),
            74..80 => self.start().await,
            80..84 => self.start_to_die(random).await,
            84..86 => self.read_for_long(),
            86..87 => self.lose_the_store(),
            87..92 => {
                self.find_the_store();
                self.stop();
                self.journal.note(upkeep::turn(self.fixture, random).await);
            }
            92..95 => self.take_the_wal_away(random),
            _ => self.misfortune(random).await,
        }
    }

    /// Notes what the database is at the transaction that was just acknowledged.
    pub async fn record(&mut self, history: &mut History) {
        self.find_the_store();
        loop {
            self.start().await;
            if let Some((txid, image)) = self.image_at_txid().await {
                self.journal.note(format_args!("recorded TXID {txid}"));
                return history.record(txid, image);
            }
        }
    }

    pub async fn end(mut self, history: &mut History) {
        self.record(history).await;
        self.stop();
    }

    fn work(&mut self, steps: u64) {
        for step in self.app.run(steps).unwrap() {
            self.journal.note(step);
        }
    }

    /// `None` if the replicator died on the way.
    async fn image_at_txid(&mut self) -> Option<(u64, Vec<u8>)> {
        loop {
            let txid = self.sync().await?;
            let image = self.app.image().unwrap().bytes;
            // Nothing of the replicator's own came in between.
            if self.sync().await? == txid {
                return Some((txid, image));
            }
        }
    }

    /// `None` if the replicator died on the way.
    async fn sync(&mut self) -> Option<u64> {
        let mut failed = None;
        loop {
            let process = self.replicator.as_mut()?;
            let error = match process.try_sync().await {
                Ok(txid) => return Some(txid),
                Err(error) => error,
            };
            // One that is dying may look alive for a moment.
            let deadline = *failed.get_or_insert(self.forgiven_until.max(Instant::now() + Duration::from_secs(1)));
            assert!(!process.is_alive() || Instant::now() < deadline, "sync: {error}");
            tokio::time::sleep(PAUSE).await;
            self.bury();
        }
    }

    async fn start(&mut self) {
        self.bury();
        while self.replicator.is_none() {
            self.journal.note("start");
            self.await_answer(self.fixture.spawn_unready()).await;
        }
    }

    /// With a process that kills itself at one of the places that matter.
    async fn start_to_die(&mut self, random: &mut Random) {
        self.stop();
        let place = failpoint::PLACES[random.index(failpoint::PLACES.len())];
        let time = random.within(1..6) as usize;
        self.journal.note(format_args!("start, to die {place}: {time}"));
        self.await_answer(self.fixture.spawn_to_die(place, time)).await;
    }

    /// Keeps the process, unless it died before it answered.
    async fn await_answer(&mut self, process: Process) {
        let deadline = Instant::now() + TIMEOUT;
        self.replicator = Some(process);
        while let Some(process) = &mut self.replicator
            && process.try_listed().await.is_none()
        {
            assert!(Instant::now() < deadline, "no answer");
            tokio::time::sleep(PAUSE).await;
            self.bury();
        }
    }

    /// Lets go of a process that has killed itself.
    fn bury(&mut self) {
        if let Some(process) = self.replicator.take_if(|process| !process.is_alive()) {
            self.journal.note("died");
            expect_end(process, "died");
        }
    }

    fn stop(&mut self) {
        self.end_with(Signal::SIGTERM);
    }

    fn kill(&mut self) {
        self.end_with(Signal::SIGKILL);
    }

    fn end_with(&mut self, signal: Signal) {
        self.bury();
        if let Some(process) = self.replicator.take() {
            self.journal.note(signal);
            process.signal(signal);
            expect_end(process, signal.as_str());
        }
    }

    fn read_for_long(&mut self) {
        self.journal.note(if self.reader.is_none() { "a long read begins" } else { "the long read ends" });
        self.reader = match self.reader.take() {
            Some(_) => None,
            None => {
                let reader = self.fixture.app();
                reader.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema").unwrap();
                Some(reader)
            }
        };
    }

    /// Until the next record: what is captured meanwhile waits, and is squashed where it is too much.
    fn lose_the_store(&mut self) {
        if !self.store_is_away && self.fixture.has_uploads() {
            self.journal.note("the store goes away");
            // Or it would write there between the two steps that this takes.
            self.signal(Signal::SIGSTOP);
            self.disk.close_store(true);
            self.signal(Signal::SIGCONT);
            self.store_is_away = true;
        }
    }

    fn find_the_store(&mut self) {
        if self.store_is_away {
            self.journal.note("the store comes back");
            self.disk.close_store(false);
            self.store_is_away = false;
            self.forgiven_until = Instant::now() + TIMEOUT;
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(process) = &self.replicator {
            process.signal(signal);
        }
    }

    /// Transactions come and go while nobody looks.
    fn take_the_wal_away(&mut self, random: &mut Random) {
        self.stop();
        self.reader = None;
        self.work(random.within(0..3));
        let mode = ["RESTART", "TRUNCATE"][random.index(2)];
        self.journal.note(self.app.step_of(Kind::Checkpoint(mode)).unwrap());
        self.work(random.within(0..3));
    }

    async fn misfortune(&mut self, random: &mut Random) {
        let case = random.within(0..7);
        if case == 0 && random.chance(50) {
            return self.replace_database(random).await;
        }
        self.stop();
        self.reader = None;
        match case {
            0 => self.replace_database(random).await,
            1 => {
                self.journal.note("the meta directory is lost");
                self.disk.lose_meta();
            }
            2 if self.disk.has_copies() => {
                self.journal.note("an older meta directory is put back");
                self.disk.put_back_meta();
            }
            3 if self.disk.has_copies() => {
                self.journal.note("an older database is put back");
                self.app.offline(|| self.disk.put_back_database()).unwrap();
            }
            4 if self.disk.has_copies() => {
                self.journal.note("an older disk is put back");
                self.app.offline(|| self.disk.put_back_database()).unwrap();
                self.disk.put_back_meta();
            }
            _ => {
                self.journal.note("copies are made of everything");
                self.disk.copy_all();
            }
        }
    }

    /// By another database, under the replicator if it runs; returns once that has noticed.
    async fn replace_database(&mut self, random: &mut Random) {
        self.find_the_store();
        self.reader = None;
        self.journal.note("the database is replaced by another file");
        let other = self.fixture.folder.path().join("other.sqlite3");
        self.app.connection().execute("VACUUM INTO ?1", [other.to_string_lossy()]).unwrap();
        let copy = Connection::open(&other).unwrap();
        if random.chance(40) {
            let page_size = PAGE_SIZES[random.index(PAGE_SIZES.len())];
            self.journal.note(format_args!("with pages of {page_size} bytes"));
            copy.pragma_update(None, "page_size", page_size).unwrap();
            copy.execute_batch("VACUUM").unwrap();
        }
        copy.close().unwrap();
        self.app.offline(|| self.disk.replace_database(&other)).unwrap();
        self.work(random.within(1..4));
        let deadline = Instant::now() + TIMEOUT;
        let inode = fs::metadata(&self.fixture.config.path).unwrap().ino();
        while let Some(process) = &mut self.replicator
            && !has_open(process.id(), inode)
        {
            assert!(Instant::now() < deadline, "never noticed that the database was replaced");
            tokio::time::sleep(PAUSE).await;
            self.bury();
        }
    }
}

/// Whether a process has a descriptor on a file.
fn has_open(pid: u32, inode: u64) -> bool {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    descriptors.filter_map(|entry| fs::metadata(entry.path()).ok()).any(|file| file.ino() == inode)
}

fn expect_end(process: Process, how: &str) {
    let (status, stderr) = process.wait();
    let killed = status.signal() == Some(Signal::SIGKILL as i32);
    assert!(status.success() || killed, "{how}: {status}\n{stderr}");
}
