//! Reads a whole live database as of one transaction, while later ones are captured.

pub mod checksum;
pub mod context;
pub mod snapshot;

use std::time::Instant;

use litestream_core::{Error, Result};
use ltx::{PageNumber, Txid};

use super::{
    full_read::context::Meanwhile,
    page_reader::LivePages,
    position::{Position, WalRun},
    session::Live,
    wal_capture::Capture,
    write_lock,
};
use crate::{
    checkpoint::Schedule,
    sqlite::Database,
    stage::pins::{Hold, Holds},
};

/// A captured transaction and the place of its pages.
pub struct Moment {
    pub txid: Txid,
    /// Database size in pages.
    pub commit: u32,
    run: WalRun,
    pub hold: Hold,
}

impl Live {
    /// Captures, and returns the read point for [`Self::read`].
    pub fn moment(&mut self, holds: &Holds) -> Result<Moment> {
        let txid = self.capture()?;
        let hold = holds.hold(txid);
        match self.capture.position() {
            Position { commit, run: Some(run), .. } => Ok(Moment { txid, commit: *commit, run: run.clone(), hold }),
            _ => Err(Error::Internal("a capture without a place in the WAL".to_owned())),
        }
    }

    /// Calls `page` for each page as of `moment`, ascending, without the lock page. Requires the same read lock as
    /// `moment`, so no checkpoint in between.
    pub fn read(
        &mut self,
        moment: &Moment,
        meanwhile: &Meanwhile,
        mut page: impl FnMut(PageNumber, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let live = LivePages::captured(&self.database, &moment.run)?;
        meanwhile.captured(&self.capture);
        let (mut next, mut captured_at) = (PageNumber::FIRST.get(), Instant::now());
        loop {
            next = live.slice(next, moment.commit, &mut page)?;
            if next > moment.commit {
                return Ok(());
            }
            if meanwhile.is_over() {
                return Err(Error::Cancelled);
            }
            let mut askers = meanwhile.askers();
            if !askers.is_empty() || captured_at.elapsed() >= meanwhile.spacing {
                captured_at = Instant::now();
                if !write_lock::are_few(&self.database, self.capture.uncaptured(&self.database)?) {
                    meanwhile.much_waits();
                }
                let captured = capture_beside(&self.database, &mut self.capture, &mut self.schedule);
                let captured = captured.inspect_err(|_| meanwhile.put_off(&mut askers))?;
                meanwhile.captured(&self.capture);
                for asker in askers {
                    // The caller may have gone.
                    let _ = asker.send(Ok(captured));
                }
                // The map needs the staged files until it is updated.
                if self.capture.map_is_due() {
                    self.capture.map(&self.database);
                }
            }
        }
    }
}

/// Captures the commits made during the read.
fn capture_beside(database: &Database, capture: &mut Capture, schedule: &mut Schedule) -> Result<Txid> {
    let failed = |problem: &str| Error::Database { path: database.path().to_owned(), problem: problem.to_owned() };
    if database.moved()? {
        return Err(failed("it was replaced while all of it was read"));
    }
    let before = capture.position().txid;
    let outcome = capture.catch_up(database);
    if capture.position().txid != before {
        schedule.captured();
    }
    outcome?;
    let Position { txid: Some(txid), run: Some(_), .. } = *capture.position() else {
        return Err(failed("its WAL was lost while all of it was read"));
    };
    Ok(txid)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{
        fs,
        sync::{Arc, atomic::Ordering},
        thread::sleep,
        time::Duration,
    };

    use litestream_core::config::{DatabaseConfig, Location, ReplicaConfig};
    use rusqlite::Connection;
    use tempfile::TempDir;
    use tokio::sync::{oneshot, watch};

    use super::*;
    use crate::{
        capture::session::Known,
        stage::Stage,
        status::{Phase, Status},
    };

    /// Longer than a slice and than the distance of captures.
    const WHILE: Duration = Duration::from_millis(200);

    struct Site {
        folder: TempDir,
        app: Connection,
        live: Live,
        moment: Moment,
        meanwhile: Meanwhile,
        end: watch::Sender<bool>,
    }

    impl Site {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("app.sqlite3");
            let app = Connection::open(&path).unwrap();
            app.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (x)").unwrap();
            app.execute_batch("INSERT INTO t VALUES (zeroblob(3000000))").unwrap();
            let location = Location::File { path: folder.path().join("replica") };
            let config = DatabaseConfig::new(&path, ReplicaConfig::new(location));
            let stage = Stage::open(&config.meta_path).unwrap();
            let mut live = Live::open(&config, stage, Known { newest: None, staged: false }).unwrap();
            live.begin(None).unwrap();
            let holds = Holds::default();
            let moment = live.moment(&holds).unwrap();
            let (end, ending) = watch::channel(false);
            let status = watch::Sender::new(Status::default());
            let meanwhile = Meanwhile {
                status,
                ending,
                holds,
                spacing: WHILE / 2,
                asking: Arc::default(),
                is_forgotten: Arc::default(),
            };
            Site { folder, app, live, moment, meanwhile, end }
        }

        /// Returns every page; calls `at_first` at the first one.
        fn read(&mut self, at_first: impl Fn(&Meanwhile, &Connection)) -> Result<Vec<Vec<u8>>> {
            let mut images = Vec::new();
            self.live.read(&self.moment, &self.meanwhile, |page, image| {
                if page == PageNumber::FIRST {
                    at_first(&self.meanwhile, &self.app);
                }
                images.push(image.to_vec());
                Ok(())
            })?;
            Ok(images)
        }
    }

    fn replace(app: &Connection) {
        app.execute_batch("UPDATE t SET x = randomblob(3000000)").unwrap();
    }

    #[test]
    fn g7_a_whole_database_is_read_as_of_one_transaction_while_later_ones_are_captured() {
        let mut site = Site::new();
        let first = site.moment.txid;
        let before = site.read(|_, _| {}).unwrap();
        let status = site.meanwhile.status.clone();
        assert_eq!((before.len() as u32, status.borrow().captured), (site.moment.commit, Some(first)));

        let replaced = |_: &Meanwhile, app: &Connection| {
            replace(app);
            sleep(WHILE);
        };
        assert!(site.read(replaced).unwrap() == before);
        assert_eq!(status.borrow().captured, Some(first.next()));
        assert_eq!(site.meanwhile.holds.txids(), [first]);

        let (asker, mut answer) = oneshot::channel();
        site.meanwhile.spacing = Duration::MAX;
        site.meanwhile.asking.lock().unwrap().push(asker);
        assert!(site.read(replaced).unwrap() == before);
        assert_eq!(answer.try_recv().unwrap().unwrap(), first.next().next(), "who asks does not wait for the end");
    }

    #[test]
    fn a_reading_that_nobody_needs_or_that_cannot_go_on_ends() {
        let mut site = Site::new();
        let stop = |meanwhile: &Meanwhile, _: &Connection| {
            meanwhile.status.send_modify(|status| status.phase = Phase::Stopped);
            sleep(WHILE);
        };
        assert!(matches!(site.read(stop), Err(Error::Cancelled)));
        site.meanwhile.status.send_modify(|status| status.phase = Phase::Replicating);

        let forget = |meanwhile: &Meanwhile, _: &Connection| {
            meanwhile.is_forgotten.store(true, Ordering::Relaxed);
            sleep(WHILE);
        };
        assert!(matches!(site.read(forget), Err(Error::Cancelled)));
        site.meanwhile.is_forgotten.store(false, Ordering::Relaxed);

        let (other, path) = (site.folder.path().join("other"), site.folder.path().join("app.sqlite3"));
        let replace_file = |_: &Meanwhile, _: &Connection| {
            fs::write(&other, "").and_then(|()| fs::rename(&other, &path)).unwrap();
            sleep(WHILE);
        };
        let (asker, _answer) = oneshot::channel();
        site.meanwhile.asking.lock().unwrap().push(asker);
        assert!(matches!(site.read(replace_file), Err(Error::Database { .. })));
        assert_eq!(site.meanwhile.askers().len(), 1, "the next capture answers");

        site.end.send(true).unwrap();
        assert!(matches!(site.read(|_, _| sleep(WHILE)), Err(Error::Cancelled)));
    }
}
