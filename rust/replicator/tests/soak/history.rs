//! What the database was at each recorded transaction, and the judges that hold restores against it.

use std::{collections::BTreeMap, fs, path::Path, time::Instant};

use litestream_core::{
    Error,
    restore::{IntegrityCheck, Outcome, Restoration, Target, plan},
};
use litestream_replicator::sqlite::CopyChecker;
use litestream_testkit::official::{self, Location, Official, Settings};
use ltx::Txid;

use crate::support::{Fixture, random::Random};

/// Restores that are compared at once, by each judge.
const OURS: usize = 12;
const OFFICIAL: usize = 3;

#[derive(Default)]
pub struct History {
    images: BTreeMap<u64, Recorded>,
}

struct Recorded {
    image: Vec<u8>,
    at: Instant,
}

impl History {
    pub fn record(&mut self, txid: u64, image: Vec<u8>) {
        let former = self.images.insert(txid, Recorded { image: image.clone(), at: Instant::now() });
        assert!(former.is_none_or(|former| former.image == image), "TXID {txid} stands for two states");
    }

    /// Restores a random choice of what was recorded, always with the newest; how many restores were compared.
    pub async fn judge(&self, fixture: &Fixture, random: &mut Random, page_size: u32) -> usize {
        let files = fixture.replica().all_files().await.unwrap();
        let newest = *self.images.keys().next_back().unwrap();
        let mut restorable = Vec::new();
        for (&txid, recorded) in &self.images {
            match plan(&files, Target::Txid(Txid::new(txid).unwrap())) {
                Ok(_) => restorable.push(txid),
                Err(error) => assert!(
                    txid != newest && recorded.at.elapsed() > fixture.l0_promise(),
                    "TXID {txid} of {newest} cannot be restored: {error}"
                ),
            }
        }
        let mut compared = 0;
        for txid in choice(&restorable, OURS, random) {
            match ours(fixture, txid).await {
                Some(restored) => assert_same(&restored, &self.images[&txid].image, page_size, "ours", txid),
                None => self.assert_expired(fixture, txid),
            }
            compared += 1;
        }
        if let Some(judge) = Official::find("0.5.17") {
            for txid in choice(&restorable, OFFICIAL, random) {
                match theirs(&judge, fixture, txid) {
                    Ok(restored) => assert_same(&restored, &self.images[&txid].image, page_size, "official", txid),
                    // It does not plan again when retention takes a file away under it.
                    Err(error) if txid == newest => panic!("official, TXID {txid}: {error}"),
                    Err(_) => self.assert_expired(fixture, txid),
                }
                compared += 1;
            }
        }
        compared
    }

    /// It was there a moment ago: only retention may have taken it.
    fn assert_expired(&self, fixture: &Fixture, txid: u64) {
        assert!(self.images[&txid].at.elapsed() > fixture.l0_promise(), "TXID {txid} went too early");
    }
}

/// The newest, and others at random.
fn choice(txids: &[u64], count: usize, random: &mut Random) -> Vec<u64> {
    let mut chosen: Vec<u64> = txids.last().copied().into_iter().collect();
    while chosen.len() < count.min(txids.len()) {
        let txid = txids[random.below(txids.len() as u32) as usize];
        if !chosen.contains(&txid) {
            chosen.push(txid);
        }
    }
    chosen
}

/// `None`: compaction has taken the way to this transaction.
async fn ours(fixture: &Fixture, txid: u64) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("restored.db");
    let restoration = Restoration {
        replica: &fixture.replica(),
        target: Target::Txid(Txid::new(txid).unwrap()),
        output: output.clone(),
        force: false,
        if_db_not_exists: false,
        if_replica_exists: false,
        integrity: IntegrityCheck::Full,
        checker: &CopyChecker,
    };
    match restoration.run().await {
        Ok(Outcome::Restored(_)) => Some(fs::read(output).unwrap()),
        Err(Error::TargetUnavailable { .. }) => None,
        other => panic!("TXID {txid}: {other:?}"),
    }
}

fn theirs(judge: &Official, fixture: &Fixture, txid: u64) -> Result<Vec<u8>, String> {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("restored.db");
    let settings = Settings::new(&fixture.config.path, &Location::File(replica(fixture.folder.path())));
    judge.restore(&settings, &official::Target::Txid(format!("{txid:016x}")), &output)?;
    Ok(fs::read(output).unwrap())
}

fn replica(folder: &Path) -> std::path::PathBuf {
    folder.join("replica")
}

fn assert_same(restored: &[u8], recorded: &[u8], page_size: u32, judge: &str, txid: u64) {
    assert_eq!(restored.len(), recorded.len(), "size at TXID {txid}, {judge}");
    let pages = restored.chunks(page_size as usize).zip(recorded.chunks(page_size as usize));
    let differing: Vec<usize> = pages.enumerate().filter(|(_, (a, b))| a != b).map(|(page, _)| page + 1).collect();
    assert!(differing.is_empty(), "pages {differing:?} differ at TXID {txid}, {judge}");
}
