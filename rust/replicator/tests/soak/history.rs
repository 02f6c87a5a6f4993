//! The state of the database at each recorded transaction, and the judges that compare restores with it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use litestream_core::{
    Error,
    config::Retention,
    replica::{Level, ReplicaFile},
    restore::{IntegrityCheck, RestoreOutcome, Target, find_plan, plan},
};
use litestream_replicator::maintenance::compaction::condemned;
use litestream_testkit::{official::Official, random::Random};
use ltx::{Timestamp, Txid};

use crate::support::{
    Fixture,
    restored::{assert_same, restore},
};

/// Restores that are compared at once, by each judge.
const OURS: usize = 12;
const OFFICIAL: usize = 3;
const BETWEEN: usize = 3;

const LISTINGS: u32 = 5;

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

    /// Restores a random choice of what was recorded, always with the newest, and some states in between; how many
    /// restores were made.
    pub async fn judge(&self, fixture: &Fixture, random: &mut Random, page_size: u32) -> usize {
        let files = self.promised(fixture).await;
        let newest = *self.images.keys().next_back().unwrap();
        let restorable: Vec<u64> = self.images.keys().copied().filter(|&txid| is_planned(&files, txid)).collect();
        let mut made = 0;
        for txid in choice(&restorable, OURS, random) {
            match ours(fixture, txid).await {
                Some(restored) => self.assert_same(&restored, txid, page_size, "ours"),
                None => self.assert_expired(fixture, txid),
            }
            made += 1;
        }
        // Their content was not recorded, but SQLite must find no fault in it.
        let between: Vec<u64> = files.iter().map(|file| file.txids.max().get()).collect();
        for txid in choice(&between, BETWEEN, random) {
            made += usize::from(ours(fixture, txid).await.is_some());
        }
        if let Some(judge) = Official::find("0.5.17") {
            for txid in choice(&restorable, OFFICIAL, random) {
                // Until a snapshot begins with the new size, and for states before that snapshot, only ours restores.
                if has_two_page_sizes(fixture, txid).await {
                    continue;
                }
                match fixture.restored_by(&judge, txid) {
                    Ok(restored) => self.assert_same(&restored, txid, page_size, "official"),
                    // It does not plan again when retention takes a file away under it.
                    Err(error) if txid == newest => panic!("official, TXID {txid}: {error}"),
                    Err(_) => self.assert_expired(fixture, txid),
                }
                made += 1;
            }
        }
        made
    }

    /// The replica's files. Every promised transaction can be planned: the newest, the ones that are younger than
    /// retention, and from the oldest snapshot that stays on the ends of all files that stay.
    async fn promised(&self, fixture: &Fixture) -> Vec<ReplicaFile> {
        let newest = *self.images.keys().next_back().unwrap();
        for listing in 1.. {
            let files = fixture.replica().all_files().await.unwrap();
            let young = |(txid, recorded): (&u64, &Recorded)| {
                (*txid == newest || recorded.at.elapsed() <= fixture.l0_promise()).then_some(*txid)
            };
            let young = self.images.iter().filter_map(young);
            let promised: Vec<u64> = young.chain(kept(&files, fixture.config.maintenance.retention)).collect();
            match promised.iter().find(|&&txid| !is_planned(&files, txid)) {
                None => return files,
                // Levels are listed one after the other, while files move between them.
                Some(_) if listing < LISTINGS => {}
                Some(txid) => panic!("TXID {txid}, which is promised, cannot be restored from {files:#?}"),
            }
        }
        unreachable!()
    }

    fn assert_same(&self, restored: &[u8], txid: u64, page_size: u32, judge: &str) {
        let recorded = &self.images[&txid].image;
        assert_same(restored, recorded, page_size as usize, &format!("TXID {txid} by {judge}"));
    }

    /// It was there a moment ago: only retention may have taken it.
    fn assert_expired(&self, fixture: &Fixture, txid: u64) {
        assert!(self.images[&txid].at.elapsed() > fixture.l0_promise(), "TXID {txid} went too early");
    }
}

/// Ends of files that retention keeps, from the oldest snapshot among them on.
fn kept(files: &[ReplicaFile], rules: Retention) -> Vec<u64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    let condemned = condemned(files, rules, Timestamp::from_millis(now));
    let left = || files.iter().filter(|file| !condemned.contains(file));
    let oldest = left().filter(|file| file.level == Level::SNAPSHOT).map(|file| file.txids.max()).min();
    left().filter(|file| oldest.is_some_and(|oldest| file.txids.max() >= oldest)).map(|f| f.txids.max().get()).collect()
}

fn is_planned(files: &[ReplicaFile], txid: u64) -> bool {
    plan(files, Target::Txid(Txid::new(txid).unwrap())).is_ok()
}

/// True if the files that lead to this transaction have two page sizes, because the database was replaced.
async fn has_two_page_sizes(fixture: &Fixture, txid: u64) -> bool {
    let replica = fixture.replica();
    let plan = find_plan(&replica, Target::Txid(Txid::new(txid).unwrap())).await;
    let mut sizes = BTreeSet::new();
    for file in plan.iter().flat_map(|plan| plan.files()) {
        // Retention may take it meanwhile.
        sizes.extend(replica.header(file).await.map(|header| header.page_size.get()));
    }
    sizes.len() > 1
}

/// The newest, and others at random.
fn choice(txids: &[u64], count: usize, random: &mut Random) -> Vec<u64> {
    let mut waiting: Vec<u64> = BTreeSet::from_iter(txids.iter().copied()).into_iter().collect();
    let mut chosen: Vec<u64> = waiting.pop().into_iter().collect();
    while chosen.len() < count && !waiting.is_empty() {
        chosen.push(waiting.swap_remove(random.index(waiting.len())));
    }
    chosen
}

/// `None`: compaction has taken the way to this transaction.
async fn ours(fixture: &Fixture, txid: u64) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("restored.db");
    let target = Target::Txid(Txid::new(txid).unwrap());
    match restore(&fixture.replica(), target, &output, IntegrityCheck::Full).await {
        Ok(RestoreOutcome::Restored(restored)) => {
            assert_eq!(restored.stale_pages, 0, "TXID {txid}");
            Some(fs::read(output).unwrap())
        }
        Err(Error::TargetUnavailable { .. }) => None,
        other => panic!("TXID {txid}: {other:?}"),
    }
}
