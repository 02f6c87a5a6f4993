//! A whole live database as of one transaction, read while later ones are captured.

use litestream_core::{Error, Result};
use ltx::{PageNumber, Txid};
use tokio::sync::watch;

use super::{
    live::Live,
    live_pages::LivePages,
    position::{Position, WalRun},
    status::Status,
};

/// A captured transaction, and where its pages are.
pub struct Moment {
    pub txid: Txid,
    /// Database size in pages.
    pub commit: u32,
    run: WalRun,
}

/// Told of what is captured while something is read. The end of the process ends the reading.
pub struct Meanwhile {
    pub status: watch::Sender<Status>,
    pub ending: watch::Receiver<bool>,
}

impl Meanwhile {
    fn captured(&self, txid: Option<Txid>) -> Result<()> {
        if *self.ending.borrow() || self.ending.has_changed().is_err() {
            return Err(Error::Cancelled);
        }
        self.status.send_modify(|status| {
            status.set_captured(txid);
            status.uncaptured_since = None;
        });
        Ok(())
    }
}

impl Live {
    /// Captures; what [`Self::read`] reads.
    pub fn moment(&mut self) -> Result<Moment> {
        let txid = self.capture()?;
        match self.capture.position() {
            Position { commit, run: Some(run), .. } => Ok(Moment { txid, commit: *commit, run: run.clone() }),
            _ => Err(Error::Internal("a capture without a place in the WAL".to_owned())),
        }
    }

    /// Hands out every page as of `moment`, without the lock page, one after another. No checkpoint may have been made
    /// since then: the read lock must be the same.
    pub fn read(
        &mut self,
        moment: &Moment,
        meanwhile: &Meanwhile,
        mut page: impl FnMut(PageNumber, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let live = LivePages::captured(&self.database, &moment.run)?;
        let mut next = PageNumber::FIRST.get();
        loop {
            next = live.slice(next, moment.commit, &mut page)?;
            if next > moment.commit {
                return Ok(());
            }
            let before = self.capture.position().txid;
            self.capture.catch_up(&self.database)?;
            let captured = self.capture.position().txid;
            if captured != before {
                self.schedule.captured();
            }
            meanwhile.captured(captured)?;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{thread::sleep, time::Duration};

    use litestream_core::config::{DatabaseConfig, Location, ReplicaConfig};
    use rusqlite::Connection;

    use super::*;
    use crate::replicate::{live::Known, stage::Stage};

    #[test]
    fn g7_a_whole_database_is_read_as_of_one_transaction_while_later_ones_are_captured() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.sqlite3");
        let app = Connection::open(&path).unwrap();
        app.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(3000000))")
            .unwrap();
        let location = Location::File { path: folder.path().join("replica") };
        let config = DatabaseConfig::new(&path, ReplicaConfig::new(location));
        let stage = Stage::open(&config.meta_path).unwrap();
        let mut live = Live::open(&config, stage, Known { newest: None, staged: false }).unwrap();
        live.begin(None).unwrap();
        let ((status, told), (end, ending)) = (watch::channel(Status::default()), watch::channel(false));
        let meanwhile = Meanwhile { status, ending };
        let moment = live.moment().unwrap();

        let mut all = |commit: &dyn Fn()| {
            let mut images = Vec::new();
            let read = live.read(&moment, &meanwhile, |page, image| {
                if page == PageNumber::FIRST {
                    commit();
                    sleep(Duration::from_millis(200));
                }
                images.push(image.to_vec());
                Ok(())
            });
            read.map(|()| images)
        };
        let before = all(&|| {}).unwrap();
        assert_eq!((before.len() as u32, told.borrow().captured), (moment.commit, Some(moment.txid)));
        let replace = || app.execute_batch("UPDATE t SET x = randomblob(3000000)").unwrap();
        assert!(all(&replace).unwrap() == before);
        assert_eq!(told.borrow().captured, Some(moment.txid.next()));

        end.send(true).unwrap();
        assert!(matches!(all(&|| {}), Err(Error::Cancelled)));
    }
}
