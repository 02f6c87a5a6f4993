//! A database, a replica on disk, replicators in this process, and a judge that merges what they wrote.
#![allow(clippy::unwrap_used, dead_code)]

pub mod background;
pub mod bucket;
pub mod executable;
pub mod flaky;
pub mod process;
pub mod restored;
pub mod wal_file;
pub mod workload;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use litestream_core::{
    Result,
    config::{DatabaseConfig, Location, MaintenanceConfig, QueueBounds, ReplicaConfig, Retention},
    control::{ListedDatabase, ProofReply, ProofRequest, SyncRequest},
    replica::{Layout, Replica},
    store::file::FileStore,
};
use litestream_replicator::{
    replicator::{answers::Answers, running::Running},
    server::Handler,
    telemetry::Chronicle,
};
use litestream_testkit::workload::{Checkpoints, Options, Workload};
use ltx::{Decoder, Encoder, Header, PageForm, Txid, TxidRange, file_name};
use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
use rusqlite::{Connection, MAIN_DB};
use tempfile::TempDir;
use tokio::time::timeout;

pub struct Fixture {
    pub folder: TempDir,
    /// The endpoint of the S3 server that processes replicate to, instead of to `replica/`.
    pub endpoint: Option<String>,
    pub config: DatabaseConfig,
}

impl Fixture {
    /// An empty database in WAL mode.
    pub fn new(page_size: u32) -> Self {
        Fixture::new_within(tempfile::tempdir().unwrap(), page_size)
    }

    /// An application that also makes checkpoints of every mode.
    pub fn with_workload(page_size: u32, seed: u64) -> (Self, Workload) {
        let fixture = Fixture::within(tempfile::tempdir().unwrap());
        let options = Options { checkpoints: Checkpoints::Any, ..Options::new(seed, page_size) };
        let workload = Workload::create(&fixture.config.path, options).unwrap();
        (fixture, workload)
    }

    /// An empty database in WAL mode in this folder.
    pub fn new_within(folder: TempDir, page_size: u32) -> Self {
        Fixture::within(folder).created(page_size)
    }

    fn within(folder: TempDir) -> Self {
        let config = config(folder.path());
        Fixture { folder, endpoint: None, config }
    }

    fn created(self, page_size: u32) -> Self {
        let connection = Connection::open(&self.config.path).unwrap();
        connection.pragma_update(None, "page_size", page_size).unwrap();
        connection.pragma_update(None, "journal_mode", "wal").unwrap();
        self
    }

    pub fn app(&self) -> Connection {
        let app = Connection::open(&self.config.path).unwrap();
        app.busy_timeout(Duration::from_secs(5)).unwrap();
        app
    }

    pub fn replica(&self) -> Replica {
        Replica::new(Arc::new(FileStore::new(self.folder.path().join("replica"))), Layout::File)
    }

    pub fn start(&self) -> App {
        self.start_with(self.replica())
    }

    pub fn start_with(&self, replica: Replica) -> App {
        self.start_with_last_sync(replica, Duration::from_secs(5))
    }

    pub fn start_with_last_sync(&self, replica: Replica, last_sync: Duration) -> App {
        let databases = vec![(self.config.clone(), replica)];
        let (replicators, running) = Running::start(databases, last_sync, Chronicle::default()).unwrap();
        App { replicators, running, path: self.config.path.to_string_lossy().into_owned() }
    }

    /// For how long every transaction can be restored after it was recorded. Files age from their capture on, which is
    /// a little earlier.
    pub fn l0_promise(&self) -> Duration {
        if self.config.maintenance.delete { self.config.maintenance.retention.l0 / 2 } else { Duration::MAX }
    }

    /// Every page as SQLite sees it now.
    pub fn image(&self) -> Vec<u8> {
        self.app().serialize(MAIN_DB).unwrap().to_vec()
    }

    /// Everything committed, and the transaction that carries it: nothing of ours came in between.
    pub async fn image_at_txid(&self, sync: impl AsyncFn() -> u64) -> (u64, Vec<u8>) {
        loop {
            let txid = sync().await;
            let image = self.image();
            if sync().await == txid {
                return (txid, image);
            }
        }
    }

    pub fn assert_restores(&self, txid: u64, image: &[u8]) {
        let restored = self.restore(txid);
        assert_eq!(restored.len(), image.len(), "size at TXID {txid}");
        let page_size = self.page_size();
        let pages = restored.chunks(page_size).zip(image.chunks(page_size));
        let differing: Vec<usize> = pages.enumerate().filter(|(_, (a, b))| a != b).map(|(page, _)| page + 1).collect();
        assert!(differing.is_empty(), "pages {differing:?} differ at TXID {txid}");
    }

    /// The headers of the replica's L0 files in TXID order, with the number of pages in each.
    pub fn files(&self) -> Vec<(Header, usize)> {
        self.files_from(1)
    }

    pub fn files_from(&self, txid: u64) -> Vec<(Header, usize)> {
        let first = self.replica_file(txid);
        let names = fs::read_dir(self.l0()).unwrap().map(|entry| entry.unwrap().path());
        let mut names: Vec<PathBuf> = names.filter(|path| *path >= first).collect();
        names.sort();
        names.iter().map(|path| read_header(path)).collect()
    }

    /// Transactions that were captured whole.
    pub fn full_captures(&self) -> Vec<u64> {
        let one_frame = |header: &Header| header.wal.size == 24 + u64::from(header.page_size.get());
        let full = |header: &Header, pages: usize| pages > 1 && pages as u32 == header.commit && one_frame(header);
        self.files().iter().filter(|(header, pages)| full(header, *pages)).map(|(h, _)| h.txids.max().get()).collect()
    }

    /// How often the WAL began again, as the files tell.
    pub fn wal_restarts(&self) -> usize {
        self.files().windows(2).filter(|pair| pair[0].0.wal.salt != pair[1].0.wal.salt).count()
    }

    /// Transactions in the stage, ascending.
    pub fn staged(&self) -> Vec<u64> {
        // None yet, where the replicator has only just begun.
        let names = fs::read_dir(self.config.meta_path.join("ltx/0")).into_iter().flatten();
        let txid = |entry: fs::DirEntry| file_name::parse(entry.file_name().to_str()?).map(|range| range.max().get());
        let mut txids: Vec<u64> = names.filter_map(|entry| txid(entry.unwrap())).collect();
        txids.sort_unstable();
        txids
    }

    /// First and last transaction of each staged file.
    pub fn staged_files(&self) -> Vec<(u64, u64)> {
        let names = fs::read_dir(self.config.meta_path.join("ltx/0")).unwrap();
        let range = |entry: fs::DirEntry| file_name::parse(entry.file_name().to_str()?);
        let ranges = names.filter_map(|entry| range(entry.unwrap()));
        let mut files: Vec<_> = ranges.map(|txids| (txids.min().get(), txids.max().get())).collect();
        files.sort_unstable();
        files
    }

    pub fn staged_path(&self, (min, max): (u64, u64)) -> PathBuf {
        let txids = TxidRange::new(Txid::new(min).unwrap(), Txid::new(max).unwrap()).unwrap();
        self.config.meta_path.join("ltx/0").join(file_name::format(txids))
    }

    /// The files in the stage that are not staged files.
    pub fn leftovers(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.config.meta_path.join("ltx/0")).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.extension().unwrap() != "ltx").collect()
    }

    fn l0(&self) -> PathBuf {
        self.folder.path().join("replica/ltx/0")
    }

    pub fn page_size(&self) -> usize {
        self.app().query_row("PRAGMA page_size", [], |row| row.get::<_, u32>(0)).unwrap() as usize
    }

    /// True if anything was ever uploaded to the replica on disk.
    pub fn has_uploads(&self) -> bool {
        self.l0().is_dir()
    }

    /// Makes uploads to the replica on disk fail, or succeed again: a file takes the place of the folder of level 0.
    pub fn close_store(&self, closed: bool) {
        let (l0, aside) = (self.l0(), self.folder.path().join("aside"));
        if closed {
            fs::write(&aside, "").unwrap();
        }
        // At once: a replicator that finds neither makes the folder anew.
        renameat2(AT_FDCWD, &l0, AT_FDCWD, &aside, RenameFlags::RENAME_EXCHANGE).unwrap();
        if !closed {
            fs::remove_file(&aside).unwrap();
        }
    }

    /// The newest transaction in the replica on disk while it is closed.
    pub fn uploaded_before_it_closed(&self) -> u64 {
        let names = fs::read_dir(self.folder.path().join("aside")).unwrap();
        let txid = |entry: fs::DirEntry| file_name::parse(entry.file_name().to_str()?).map(|range| range.max().get());
        names.filter_map(|entry| txid(entry.unwrap())).max().unwrap()
    }

    pub fn replica_file(&self, txid: u64) -> PathBuf {
        let txid = Txid::new(txid).unwrap();
        self.l0().join(file_name::format(TxidRange::single(txid)))
    }

    /// The database at a transaction, page after page, from the replica's L0 files.
    pub fn restore(&self, txid: u64) -> Vec<u8> {
        let inputs: Vec<File> = (1..=txid).map(|txid| File::open(self.replica_file(txid)).unwrap()).collect();
        let mut merged = Vec::new();
        ltx::merge(inputs, &mut merged).unwrap();
        let mut decoder = Decoder::new(merged.as_slice()).unwrap();
        let header = *decoder.header();
        let mut image = vec![0; header.commit as usize * header.page_size.bytes()];
        let mut page_image = Vec::new();
        while let Some(page) = decoder.next_page(&mut page_image).unwrap() {
            let at = header.page_size.offset_of(page) as usize;
            image[at..at + page_image.len()].copy_from_slice(&page_image);
        }
        decoder.finish().unwrap();
        image
    }
}

fn read_header(path: &Path) -> (Header, usize) {
    let mut decoder = Decoder::new(File::open(path).unwrap()).unwrap();
    let (mut pages, mut image) = (0, Vec::new());
    while decoder.next_page(&mut image).unwrap().is_some() {
        pages += 1;
    }
    (*decoder.header(), pages)
}

/// `app.sqlite3`, its stage, its replica in `replica/`: impatient, so that tests are quick.
pub fn config(folder: &Path) -> DatabaseConfig {
    let replica = ReplicaConfig {
        sync_interval: Duration::from_millis(10),
        ..ReplicaConfig::new(Location::File { path: folder.join("replica") })
    };
    DatabaseConfig {
        path: folder.join("app.sqlite3"),
        meta_path: folder.join(".app.sqlite3-litestream"),
        monitor_interval: Duration::from_millis(20),
        checkpoint_interval: Duration::from_secs(60),
        busy_timeout: Duration::from_secs(1),
        min_checkpoint_pages: 1000,
        truncate_pages: 121_359,
        queue: QueueBounds::default(),
        max_sync_wal_bytes: 64 << 20,
        restore_if_absent: false,
        maintenance: quiet(),
        replica,
    }
}

/// Nothing is merged or deleted within the time of a test.
pub fn quiet() -> MaintenanceConfig {
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    MaintenanceConfig { levels: Vec::new(), snapshot_interval: year, delete: false, ..MaintenanceConfig::default() }
}

/// Like [`hasty`], but nothing is deleted, and no scheduled snapshot is made.
pub fn merging() -> MaintenanceConfig {
    MaintenanceConfig { levels: hasty().levels, ..quiet() }
}

/// A day's maintenance within seconds.
pub fn hasty() -> MaintenanceConfig {
    MaintenanceConfig {
        levels: [100, 300, 900].map(Duration::from_millis).to_vec(),
        snapshot_interval: Duration::from_millis(1500),
        retention: Retention { l0: Duration::from_millis(700), snapshots: Duration::from_millis(3000) },
        l0_check_interval: Duration::from_millis(50),
        delete: true,
    }
}

/// Running replicators.
pub struct App {
    pub replicators: Arc<Answers>,
    running: Running,
    pub path: String,
}

impl App {
    /// Captures and uploads; the newest transaction.
    pub async fn sync(&self) -> u64 {
        self.try_sync().await.unwrap()
    }

    pub async fn try_sync(&self) -> Result<u64> {
        let request = SyncRequest { path: self.path.clone(), wait: true, timeout: 0 };
        let reply = timeout(Duration::from_secs(20), self.replicators.sync(request)).await.unwrap()?;
        assert!(reply.replicated_txid >= reply.txid);
        Ok(reply.txid)
    }

    /// Captures; the newest transaction, which need not be uploaded yet.
    pub async fn capture(&self) -> u64 {
        let request = SyncRequest { path: self.path.clone(), wait: false, timeout: 0 };
        self.replicators.sync(request).await.unwrap().txid
    }

    /// Waits until the list of databases says so.
    pub async fn until(&self, what: &str, reached: impl Fn(&ListedDatabase) -> bool) -> ListedDatabase {
        for _ in 0..4000 {
            let listed = self.listed().await;
            if reached(&listed) {
                return listed;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("never {what}: {:?}", self.listed().await);
    }

    pub async fn proof(&self) -> ProofReply {
        let request = ProofRequest { path: self.path.clone(), timeout: 0 };
        timeout(Duration::from_secs(20), self.replicators.proof(request)).await.unwrap().unwrap()
    }

    pub async fn listed(&self) -> ListedDatabase {
        self.replicators.list().await.unwrap().databases.remove(0)
    }

    pub async fn stop(self) {
        self.running.stop().await.unwrap();
    }
}

/// That many transactions.
pub fn rows(app: &Connection, table: &str, count: usize) {
    for row in 0..count {
        app.execute(&format!("INSERT INTO {table} VALUES (?)"), [format!("{row} {}", "x".repeat(row % 300))]).unwrap();
    }
}

/// The same file with other pages in it.
pub fn with_other_pages(file: &[u8]) -> Vec<u8> {
    let mut decoder = Decoder::new(file).unwrap();
    let mut encoder = Encoder::new(Vec::new(), *decoder.header(), PageForm::default()).unwrap();
    let mut image = Vec::new();
    while let Some(page) = decoder.next_page(&mut image).unwrap() {
        let end = image.len() - 1;
        image[end] ^= 1;
        encoder.page(page, &image).unwrap();
    }
    encoder.finish().unwrap().0
}
