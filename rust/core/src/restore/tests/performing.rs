use std::{
    fs,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use litestream_testkit::random::Random;
use tempfile::TempDir;

use super::{
    faulty::{Fault, FaultyStore, unreachable},
    *,
};
use crate::{
    Error, Result,
    restore::{
        IntegrityCheck, IntegrityChecker, PageSink, Restoration, RestoreOutcome, Restored, Target,
        temporary::TemporaryDatabase,
    },
    store::{StoreError, file::FileStore, memory::MemoryStore},
};

/// Done to the finished database just before its check ends.
type Meanwhile = dyn Fn(&Path) + Send + Sync;

/// Returns the given answer, counts its calls, and may interfere.
#[derive(Default)]
pub(super) struct Checker {
    pub(super) problem: Option<&'static str>,
    pub(super) asked: AtomicU32,
    pub(super) meanwhile: Option<Box<Meanwhile>>,
}

#[async_trait]
impl IntegrityChecker for Checker {
    async fn check(&self, database: &Path, _: IntegrityCheck) -> Result<()> {
        assert!(database.exists());
        // As SQLite does with a database in WAL mode.
        fs::write(format!("{}-wal", database.display()), "").unwrap();
        self.asked.fetch_add(1, Ordering::Relaxed);
        if let Some(meanwhile) = &self.meanwhile {
            meanwhile(database);
        }
        match self.problem {
            Some(problem) => Err(Error::Corrupt { what: "restored database".into(), problem: problem.into() }),
            None => Ok(()),
        }
    }
}

pub(super) fn restoration<'a>(replica: &'a Replica, output: &Path, checker: &'a Checker) -> Restoration<'a> {
    Restoration {
        replica,
        target: Target::Latest,
        output: output.into(),
        force: false,
        if_db_not_exists: false,
        if_replica_exists: false,
        integrity: IntegrityCheck::Quick,
        checker,
    }
}

pub(super) async fn restore(replica: &Replica, target: Target, output: &Path) -> Result<Restored> {
    let checker = Checker::default();
    match (Restoration { target, ..restoration(replica, output, &checker) }).run().await? {
        RestoreOutcome::Restored(restored) => Ok(restored),
        skipped => panic!("{skipped:?}"),
    }
}

fn place() -> (TempDir, PathBuf) {
    let directory = TempDir::new().unwrap();
    let output = directory.path().join("app.sqlite3");
    (directory, output)
}

pub(super) fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn pages(fills: &[u8]) -> Vec<u8> {
    fills.iter().flat_map(|fill| page_of(*fill)).collect()
}

/// Four transactions: a snapshot, a change, growth, and a shrink with a change.
fn history() -> [Content; 4] {
    [
        Content::new(0, 1, 1, 3, [(1, 1), (2, 2), (3, 3)]),
        Content::new(0, 2, 2, 3, [(2, 22)]),
        Content::new(0, 3, 3, 5, [(1, 11), (4, 4), (5, 5)]),
        Content::new(0, 4, 4, 4, [(3, 33)]),
    ]
}

async fn in_memory(files: &[Content]) -> (Arc<MemoryStore>, Replica) {
    let store = Arc::new(MemoryStore::new());
    let replica = replica_in(store.clone());
    for file in files {
        file.upload(&replica).await;
    }
    (store, replica)
}

#[tokio::test]
async fn every_transaction_is_restored_as_it_was() {
    let (_, replica) = in_memory(&history()).await;
    let states: [&[u8]; 4] = [&[1, 2, 3], &[1, 22, 3], &[11, 22, 3, 4, 5], &[11, 22, 33, 4]];
    for (index, fills) in states.iter().enumerate() {
        let (directory, output) = place();
        let target = txid(index as u64 + 1);
        let restored = restore(&replica, Target::Txid(target), &output).await.unwrap();
        assert_eq!(fs::read(&output).unwrap(), pages(fills));
        assert_eq!((restored.txid, restored.pages), (target, fills.len() as u32));
        assert_eq!(restored.bytes, (fills.len() * PAGE_SIZE) as u64);
        assert_eq!(names(directory.path()), ["app.sqlite3"]);
    }
}

#[tokio::test]
async fn a_directory_is_restored_from_like_a_bucket_and_missing_folders_are_made() {
    let root = TempDir::new().unwrap();
    let replica = Replica::new(Arc::new(FileStore::new(root.path())), Layout::File);
    for file in history() {
        file.upload(&replica).await;
    }
    let (directory, _) = place();
    let output = directory.path().join("a/b/app.sqlite3");
    restore(&replica, Target::Latest, &output).await.unwrap();
    assert_eq!(fs::read(&output).unwrap(), pages(&[11, 22, 33, 4]));
    let restored = restore(&replica, Target::Time(at(25)), &directory.path().join("earlier")).await.unwrap();
    assert_eq!(restored.txid, txid(2));
}

#[tokio::test]
async fn files_older_than_a_whole_capture_are_not_read() {
    let mut files: Vec<_> = history().into();
    files.push(Content::new(0, 5, 5, 2, [(1, 111), (2, 222)]));
    let (store, replica) = in_memory(&files).await;
    let store =
        FaultyStore::new(store, |key, _| (!key.as_str().contains("0005-")).then(|| Fault::Refuse(unreachable())));
    drop(replica);
    let (_directory, output) = place();
    let restored = restore(&replica_in(store), Target::Latest, &output).await.unwrap();
    assert_eq!((restored.files, fs::read(&output).unwrap()), (1, pages(&[111, 222])));
}

#[tokio::test]
async fn a_page_that_no_file_holds_is_corruption() {
    let files = [Content::new(0, 1, 1, 2, [(1, 1), (2, 2)]), Content::new(0, 2, 2, 4, [(4, 4)])];
    let (_, replica) = in_memory(&files).await;
    let (directory, output) = place();
    let error = restore(&replica, Target::Latest, &output).await.unwrap_err();
    assert!(matches!(&error, Error::Corrupt { problem, .. } if problem.contains("page 3 of 4")), "{error}");
    assert!(names(directory.path()).is_empty());
}

#[tokio::test]
async fn a_page_that_came_back_unwritten_is_the_old_one_and_is_counted() {
    let files = [
        Content::new(0, 1, 1, 3, [(1, 1), (2, 2), (3, 3)]),
        Content::new(0, 2, 2, 2, [(1, 11)]),
        Content::new(0, 3, 3, 3, [(1, 111)]),
    ];
    let (_, replica) = in_memory(&files).await;
    let (directory, output) = place();
    let restored = restore(&replica, Target::Latest, &output).await.unwrap();
    assert_eq!((restored.stale_pages, fs::read(&output).unwrap()), (1, pages(&[111, 2, 3])));
    let shrunk = restore(&replica, Target::Txid(txid(2)), &directory.path().join("shrunk")).await.unwrap();
    assert_eq!(shrunk.stale_pages, 0);
}

#[tokio::test]
async fn a_damaged_file_is_named_and_leaves_nothing_behind() {
    let whole = history();
    let bytes = whole[2].encode();
    let mut flipped = bytes.clone();
    flipped[130] ^= 1;
    let mut longer = bytes.clone();
    longer.push(0);
    let other = Content::new(0, 4, 4, 5, [(1, 11), (4, 4), (5, 5)]).encode();
    for (damage, bytes) in [
        ("flipped", flipped),
        ("cut", bytes[..bytes.len() - 1].to_vec()),
        ("empty", Vec::new()),
        ("longer", longer),
        ("other", other),
    ] {
        let (_, replica) = in_memory(&whole).await;
        whole[2].upload_bytes(&replica, bytes).await;
        let (directory, output) = place();
        let error = restore(&replica, Target::Latest, &output).await.unwrap_err();
        let named = matches!(&error, Error::Corrupt { what, .. }
            if what.starts_with("file 0000000000000003-0000000000000003.ltx of level 0 at memory://"));
        assert!(named, "{damage}: {error}");
        assert!(names(directory.path()).is_empty());
    }
}

#[tokio::test]
async fn the_lock_page_is_zeros() {
    let (_directory, path) = place();
    let page_size = PageSize::new(65_536).unwrap();
    let lock_page = page_size.lock_page().get();
    let output = TemporaryDatabase::create(&path).unwrap();
    output.begin(page_size, lock_page + 1).unwrap();
    for number in [lock_page - 1, lock_page + 1] {
        output.pages(page_size, PageNumber::new(number).unwrap(), &[7; 65_536]).unwrap();
    }
    let (_, path) = output.into_parts();
    let file = fs::File::open(path).unwrap();
    assert_eq!(file.metadata().unwrap().len(), u64::from(lock_page + 1) * 65_536);
    let mut tail = vec![1; 3 * 65_536];
    file.read_exact_at(&mut tail, u64::from(lock_page - 2) * 65_536).unwrap();
    let expected = [7, 0, 7].map(|fill| vec![fill; 65_536]).concat();
    assert!(tail == expected);
}

#[tokio::test]
async fn different_page_sizes_in_one_chain_are_corruption() {
    let (_, replica) = in_memory(&history()).await;
    let mut header = *ltx::Decoder::new(&history()[3].encode()[..]).unwrap().header();
    header.page_size = PageSize::new(1024).unwrap();
    let mut encoder = Encoder::new(Vec::new(), header, PageForm::Block).unwrap();
    encoder.page(PageNumber::FIRST, &[9; 1024]).unwrap();
    history()[3].upload_bytes(&replica, encoder.finish().unwrap().0).await;
    let (_directory, output) = place();
    let error = restore(&replica, Target::Latest, &output).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
}

#[tokio::test]
async fn an_empty_replica_is_no_replica_and_may_be_allowed() {
    let (_, replica) = in_memory(&[]).await;
    let (directory, output) = place();
    let error = restore(&replica, Target::Latest, &output).await.unwrap_err();
    assert!(matches!(error, Error::NoReplica { .. }), "{error}");
    let checker = Checker::default();
    let allowed = Restoration { if_replica_exists: true, ..restoration(&replica, &output, &checker) };
    assert_eq!(allowed.run().await.unwrap(), RestoreOutcome::NoReplica);
    assert!(names(directory.path()).is_empty());
}

#[tokio::test]
async fn a_store_that_fails_is_never_an_empty_replica() {
    let (store, _) = in_memory(&history()).await;
    let denied =
        StoreError::Denied { location: "memory://".into(), code: "AccessDenied".into(), reason: String::new() };
    let replica = replica_in(FaultyStore::without_listings(store, denied));
    let (directory, output) = place();
    let checker = Checker::default();
    let run = Restoration { if_replica_exists: true, ..restoration(&replica, &output, &checker) }.run();
    let error = run.await.unwrap_err();
    assert!(matches!(error, Error::Store(StoreError::Denied { .. })), "{error}");
    assert!(names(directory.path()).is_empty());
}

#[tokio::test]
async fn a_file_that_vanished_makes_a_new_plan() {
    let (store, replica) = in_memory(&history()).await;
    Content::new(1, 2, 3, 5, [(1, 11), (2, 22), (4, 4), (5, 5)]).upload(&replica).await;
    // Compaction had not been listed yet, so to say: the plan takes the merged file only once this one is gone.
    Content::new(0, 2, 4, 4, [(1, 99), (2, 99), (3, 99), (4, 99)]).upload(&replica).await;
    let store = FaultyStore::new(store, |key, _| key.as_str().contains("02-0000000000000004").then_some(Fault::Vanish));
    let (_directory, output) = place();
    restore(&replica_in(store), Target::Latest, &output).await.unwrap();
    assert_eq!(fs::read(&output).unwrap(), pages(&[11, 22, 33, 4]));
}

#[tokio::test]
async fn files_that_keep_vanishing_end_in_the_store_error() {
    let (store, _) = in_memory(&history()).await;
    let gone = |key: &crate::store::Key| StoreError::NotFound { location: "memory://".into(), key: key.clone() };
    let store = FaultyStore::new(store, move |key, _| Some(Fault::Refuse(gone(key))));
    let (directory, output) = place();
    let error = restore(&replica_in(store), Target::Latest, &output).await.unwrap_err();
    assert!(matches!(error, Error::Store(StoreError::NotFound { .. })), "{error}");
    assert!(names(directory.path()).is_empty());
}

#[tokio::test]
async fn a_broken_download_goes_on_where_it_broke() {
    let (store, _) = in_memory(&history()).await;
    let store = FaultyStore::new(store, |key, before| {
        let first = key.as_str().contains("0001-0000000000000001");
        (first && before < 6).then_some(if before % 2 == 0 { Fault::Break(50) } else { Fault::Refuse(unreachable()) })
    });
    let (_directory, output) = place();
    restore(&replica_in(store.clone()), Target::Txid(txid(2)), &output).await.unwrap();
    assert_eq!(fs::read(&output).unwrap(), pages(&[1, 22, 3]));
    let starts: Vec<_> = store.reads().iter().map(|(_, range)| range.start).filter(|start| *start > 0).collect();
    assert_eq!(starts.first(), Some(&50), "{starts:?}");
}

#[tokio::test]
async fn a_store_that_stays_unreachable_ends_the_restore() {
    let (store, _) = in_memory(&history()).await;
    let store = FaultyStore::new(store, |_, _| Some(Fault::Break(0)));
    let (directory, output) = place();
    let error = restore(&replica_in(store), Target::Latest, &output).await.unwrap_err();
    assert!(matches!(error, Error::Store(StoreError::Unreachable { .. })), "{error}");
    assert!(names(directory.path()).is_empty());
}

#[tokio::test]
async fn a_dropped_restore_leaves_nothing_behind() {
    let (store, _) = in_memory(&history()).await;
    let store = FaultyStore::new(store, |key, _| key.as_str().contains("0001-").then_some(Fault::Hang));
    let replica = replica_in(store);
    let (directory, output) = place();
    let checker = Checker::default();
    let run = Restoration { target: Target::Txid(txid(2)), ..restoration(&replica, &output, &checker) }.run();
    assert!(tokio::time::timeout(Duration::from_millis(200), run).await.is_err());
    // The thread that writes ends on its own, and the file goes with it.
    for _ in 0..100 {
        if names(directory.path()).is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{:?}", names(directory.path()));
}

#[tokio::test]
async fn a_large_file_arrives_in_parts_and_in_order() {
    let page_size = 65_536;
    let noise = |page: u32| Random::new(u64::from(page)).noise(page_size);
    let content = Content::new(9, 1, 1, 200, []);
    let mut header = *ltx::Decoder::new(&Content::new(9, 1, 1, 1, [(1, 1)]).encode()[..]).unwrap().header();
    (header.page_size, header.commit) = (PageSize::new(page_size as u32).unwrap(), 200);
    let mut encoder = Encoder::new(Vec::new(), header, PageForm::Block).unwrap();
    for page in 1..=200 {
        encoder.page(PageNumber::new(page).unwrap(), &noise(page)).unwrap();
    }
    let bytes = encoder.finish().unwrap().0;
    let parts = bytes.len().div_ceil(2 << 20);
    assert!(parts >= 3);

    let (store, replica) = in_memory(&[]).await;
    content.upload_bytes(&replica, bytes).await;
    let store = FaultyStore::new(store, |_, _| None);
    let (_directory, output) = place();
    restore(&replica_in(store.clone()), Target::Latest, &output).await.unwrap();
    assert_eq!(fs::read(&output).unwrap(), (1..=200).flat_map(noise).collect::<Vec<_>>());
    assert_eq!(store.reads().len(), parts);
}
