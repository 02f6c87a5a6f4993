//! Reads a whole live database as of one transaction, while later ones are captured.

pub mod checksum;
pub mod context;
pub mod snapshot;

use std::time::Instant;

use litestream_core::{Error, Result};
use ltx::{PageNumber, Txid};

use self::context::ReadContext;
use super::{
    page_reader::PageReader,
    position::{Position, WalRun},
    session::Session,
    wal_capture::WalCapture,
    write_lock,
};
use crate::{
    sqlite::Database,
    stage::pins::{Pin, Pins},
};

/// A captured transaction and the place of its pages.
pub struct ReadPoint {
    pub txid: Txid,
    /// Database size in pages.
    pub commit: u32,
    run: WalRun,
    pub pin: Pin,
}

/// Captures, and returns the read point for [`read`].
pub fn read_point(session: &mut Session, pins: &Pins) -> Result<ReadPoint> {
    let txid = session.capture()?;
    let pin = pins.pin(txid);
    match session.capture.position() {
        Position { commit, run: Some(run), .. } => Ok(ReadPoint { txid, commit: *commit, run: run.clone(), pin }),
        _ => Err(Error::Internal("a capture without a place in the WAL".to_owned())),
    }
}

/// Calls `page` for each page as of `read_point`, ascending, without the lock page. Requires the same read lock as
/// `read_point`, so no checkpoint in between.
pub fn read(
    session: &mut Session,
    read_point: &ReadPoint,
    context: &ReadContext,
    mut page: impl FnMut(PageNumber, &[u8]) -> Result<()>,
) -> Result<()> {
    let Session { database, capture, has_commits } = session;
    let reader = PageReader::captured(database, &read_point.run)?;
    context.captured(capture);
    let (mut next, mut captured_at) = (PageNumber::FIRST.get(), Instant::now());
    loop {
        next = reader.slice(next, read_point.commit, &mut page)?;
        if next > read_point.commit {
            return Ok(());
        }
        if context.is_over() {
            return Err(Error::Cancelled);
        }
        let mut replies = context.replies();
        if !replies.is_empty() || captured_at.elapsed() >= context.spacing {
            captured_at = Instant::now();
            if !write_lock::are_few(database, capture.uncaptured(database)?) {
                context.much_waits();
            }
            let before = capture.position().txid;
            let captured = capture_new(database, capture);
            *has_commits |= capture.position().txid != before;
            let captured = captured.inspect_err(|_| context.put_off(&mut replies))?;
            context.captured(capture);
            for reply in replies {
                // The caller may have gone.
                let _ = reply.send(Ok(captured));
            }
            // The map needs the staged files until it is updated.
            if capture.map_is_due() {
                capture.map(database);
            }
        }
    }
}

/// Captures the commits made during the read.
fn capture_new(database: &Database, capture: &mut WalCapture) -> Result<Txid> {
    let failed = |problem: &str| Error::Database { path: database.path().to_owned(), problem: problem.to_owned() };
    if database.moved()? {
        return Err(failed("it was replaced while all of it was read"));
    }
    capture.catch_up(database)?;
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
        capture::session::LastCapture,
        stage::Stage,
        status::{Phase, Status},
    };

    /// Longer than a slice and than the distance of captures.
    const WHILE: Duration = Duration::from_millis(200);

    struct Site {
        folder: TempDir,
        app: Connection,
        session: Session,
        read_point: ReadPoint,
        context: ReadContext,
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
            let mut session = Session::open(&config, stage, LastCapture { newest: None, staged: false }).unwrap();
            session.begin(None).unwrap();
            let pins = Pins::default();
            let read_point = read_point(&mut session, &pins).unwrap();
            let (end, ending) = watch::channel(false);
            let status = watch::Sender::new(Status::default());
            let context = ReadContext {
                status,
                ending,
                pins,
                spacing: WHILE / 2,
                asking: Arc::default(),
                is_forgotten: Arc::default(),
            };
            Site { folder, app, session, read_point, context, end }
        }

        /// Returns every page; calls `at_first` at the first one.
        fn read(&mut self, at_first: impl Fn(&ReadContext, &Connection)) -> Result<Vec<Vec<u8>>> {
            let mut images = Vec::new();
            read(&mut self.session, &self.read_point, &self.context, |page, image| {
                if page == PageNumber::FIRST {
                    at_first(&self.context, &self.app);
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
        let first = site.read_point.txid;
        let before = site.read(|_, _| {}).unwrap();
        let status = site.context.status.clone();
        assert_eq!((before.len() as u32, status.borrow().captured), (site.read_point.commit, Some(first)));

        let replaced = |_: &ReadContext, app: &Connection| {
            replace(app);
            sleep(WHILE);
        };
        assert!(site.read(replaced).unwrap() == before);
        assert_eq!(status.borrow().captured, Some(first.next()));
        assert_eq!(site.context.pins.txids(), [first]);

        let (reply, mut answer) = oneshot::channel();
        site.context.spacing = Duration::MAX;
        site.context.asking.lock().unwrap().push(reply);
        assert!(site.read(replaced).unwrap() == before);
        assert_eq!(answer.try_recv().unwrap().unwrap(), first.next().next(), "who asks does not wait for the end");
    }

    #[test]
    fn a_cancelled_or_impossible_reading_ends() {
        let mut site = Site::new();
        let stop = |context: &ReadContext, _: &Connection| {
            context.status.send_modify(|status| status.phase = Phase::Stopped);
            sleep(WHILE);
        };
        assert!(matches!(site.read(stop), Err(Error::Cancelled)));
        site.context.status.send_modify(|status| status.phase = Phase::Replicating);

        let forget = |context: &ReadContext, _: &Connection| {
            context.is_forgotten.store(true, Ordering::Relaxed);
            sleep(WHILE);
        };
        assert!(matches!(site.read(forget), Err(Error::Cancelled)));
        site.context.is_forgotten.store(false, Ordering::Relaxed);

        let (other, path) = (site.folder.path().join("other"), site.folder.path().join("app.sqlite3"));
        let replace_file = |_: &ReadContext, _: &Connection| {
            fs::write(&other, "").and_then(|()| fs::rename(&other, &path)).unwrap();
            sleep(WHILE);
        };
        let (reply, _answer) = oneshot::channel();
        site.context.asking.lock().unwrap().push(reply);
        assert!(matches!(site.read(replace_file), Err(Error::Database { .. })));
        assert_eq!(site.context.replies().len(), 1, "the next capture answers");

        site.end.send(true).unwrap();
        assert!(matches!(site.read(|_, _| sleep(WHILE)), Err(Error::Cancelled)));
    }
}
