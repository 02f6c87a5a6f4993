//! G8: what official Litestream replicated, compacted and kept of it, we restore page by page as it does itself, at
//! every transaction and at random times, or refuse where it does. Levels and snapshots come within seconds here.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use litestream_core::{
    replica::{Layout, Replica, ReplicaFile},
    restore::{IntegrityCheck, RestoreOutcome, Restoration, Target},
    store::file::FileStore,
    verify::prove,
};
use litestream_replicator::sqlite::CopyChecker;
use litestream_testkit::{
    official::{self, Location, Official, Settings},
    random::{self, Random},
    workload::{Checkpoints, Options, Workload, page_image},
};
use ltx::{DatabaseChecksum, PageNumber};
use serde_json::json;

/// How long the workload goes on: long enough for each level to be compacted into, and for retention to delete.
const WORK: Duration = Duration::from_secs(10);

/// Restores of one replica, each done twice.
const RESTORES: usize = 24;

#[tokio::test(flavor = "current_thread")]
async fn written_by_0_5_17() {
    judge("0.5.17", 4096).await;
}

#[tokio::test(flavor = "current_thread")]
async fn written_by_0_5_17_with_the_smallest_pages() {
    judge("0.5.17", 512).await;
}

#[tokio::test(flavor = "current_thread")]
async fn written_by_0_5_17_with_the_largest_pages() {
    judge("0.5.17", 65_536).await;
}

#[tokio::test(flavor = "current_thread")]
async fn written_by_0_5_9_in_frame_form() {
    judge("0.5.9", 4096).await;
}

async fn judge(version: &str, page_size: u32) {
    let (Some(writer), Some(judge)) = (Official::find(version), Official::find("0.5.17")) else { return };
    let seed = random::seed();
    let folder = tempfile::tempdir().unwrap();
    // Where the application checkpoints, official Litestream may lose pages (`interop/restarted_wal.rs`).
    let options = Options { checkpoints: Checkpoints::None, ..Options::new(seed, page_size) };
    let case = Case::replicate(&writer, judge, folder.path(), options);

    let files = case.replica.all_files().await.unwrap();
    let levels: BTreeSet<u8> = files.iter().map(|file| file.level.get()).collect();
    assert!(levels.is_superset(&[0, 1, 9].into()), "nothing but {levels:?}, so this would prove little");
    let newest = files.iter().map(|file| file.txids.max()).max().unwrap();
    let mut random = Random::new(seed);
    let mut restored = 0;
    for target in targets(&files, &mut random) {
        restored += u32::from(case.compare(target).await);
    }
    assert!(restored > 5, "only {restored} states could be restored");
    assert!(case.compare(Target::Txid(newest)).await);
    assert!(case.compare(Target::Latest).await);
}

/// Transactions and times to restore to, among them some that cannot be.
fn targets(files: &[ReplicaFile], random: &mut Random) -> Vec<Target> {
    let steps = files.iter().map(|file| Target::Txid(file.txids.max()));
    let inside = files.iter().map(|file| Target::Txid(file.txids.min()));
    let times = files.iter().map(|file| Target::Time(file.created_at));
    let mut targets: Vec<_> = steps.chain(inside).chain(times).collect();
    while targets.len() > RESTORES {
        targets.swap_remove(random.index(targets.len()));
    }
    targets
}

struct Case {
    judge: Official,
    settings: Settings,
    replica: Replica,
    folder: PathBuf,
}

impl Case {
    /// Has official Litestream replicate a random workload, and checks that it ended in good order.
    fn replicate(writer: &Official, judge: Official, folder: &Path, options: Options) -> Self {
        let replica = folder.join("replica");
        let mut workload = Workload::create(folder.join("db"), options).unwrap();
        let settings = Settings::new(folder.join("db"), &Location::File(replica.clone()))
            .global("levels", json!([{ "interval": "1s" }, { "interval": "3s" }, { "interval": "6s" }]))
            .global("snapshot", json!({ "interval": "2s", "retention": "5s" }))
            .global("l0-retention", json!("2s"))
            .global("l0-retention-check-interval", json!("500ms"))
            .database("checkpoint-interval", json!("2s"))
            .database("min-checkpoint-page-count", json!(50));
        let replication = writer.replicate(&settings).unwrap();
        let end = Instant::now() + WORK;
        while Instant::now() < end {
            workload.run(1).unwrap();
            thread::sleep(Duration::from_millis(30));
        }
        replication.stop(Duration::from_secs(30)).unwrap();

        let latest = folder.join("latest");
        judge.restore(&settings, &official::Target::Latest, &latest).unwrap();
        workload.image().unwrap().assert_same(&page_image(&latest).unwrap(), "the judge itself");
        let replica = Replica::new(Arc::new(FileStore::new(replica)), Layout::File);
        Case { judge, settings, replica, folder: folder.into() }
    }

    /// Restores by both; whether there was anything to restore.
    async fn compare(&self, target: Target) -> bool {
        let (theirs, ours) = (self.folder.join("theirs"), self.folder.join("ours"));
        let official_target = match target {
            Target::Latest => official::Target::Latest,
            Target::Txid(txid) => official::Target::Txid(txid.to_string()),
            Target::Time(time) => official::Target::Time(time.to_string()),
        };
        let judged = self.judge.restore(&self.settings, &official_target, &theirs);
        let restoration = Restoration {
            replica: &self.replica,
            target,
            output: ours.clone(),
            force: false,
            if_db_not_exists: false,
            if_replica_exists: false,
            integrity: IntegrityCheck::Full,
            checker: &CopyChecker,
        };
        match (judged, restoration.run().await) {
            (Ok(_), Ok(RestoreOutcome::Restored(restored))) => {
                assert!(fs::read(&theirs).unwrap() == fs::read(&ours).unwrap(), "{target} differs");
                self.prove(target, &theirs, restored.txid).await;
                fs::remove_file(theirs).unwrap();
                fs::remove_file(ours).unwrap();
                true
            }
            (Err(_), Err(_)) => false,
            (judged, restored) => panic!("{target}: official {judged:?}, ours {restored:?}"),
        }
    }

    /// The proof must be the checksum of the database that official Litestream restores.
    async fn prove(&self, target: Target, restored: &Path, txid: ltx::Txid) {
        let proof = prove(&self.replica, target).await.unwrap();
        let mut sum = DatabaseChecksum::new();
        for (number, page) in (1..).zip(fs::read(restored).unwrap().chunks(proof.page_size.bytes())) {
            sum.add(PageNumber::new(number).unwrap(), page);
        }
        assert_eq!((proof.txid, proof.checksum), (txid, sum.value()), "{target}");
    }
}
