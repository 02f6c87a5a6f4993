//! WALs that SQLite accepts and seldom writes.

use std::fs;

use crate::support::{Fixture, rows, wal_file};
use litestream_replicator::sqlite::wal::{FrameCount, WalIndex};

/// A writer killed between its commit frame and the wal-index: the frame is sound, and the next writer overwrites it.
#[tokio::test]
async fn a_commit_frame_that_the_wal_index_does_not_know_is_not_captured() {
    let fixture = Fixture::new(4096);
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    rows(&app, "t", 3);
    let replicator = fixture.spawn().await;
    let before = replicator.sync().await;
    let index = wal_file::index(&fixture.config.path);
    wal_file::write_commit_frame(&fixture.config.path, index.frames, index.commit, &[0xee; 4096], index.commit);

    assert_eq!(replicator.sync().await, before, "nothing was committed");
    rows(&app, "t", 1);
    let (txid, image) = fixture.image_at_txid(async || replicator.sync().await).await;
    replicator.stop();
    assert_eq!(fixture.full_captures(), [1]);
    fixture.assert_restores(txid, &image);
}

/// The database grows by pages that were never written: SQLite reads zeros there.
#[tokio::test]
async fn pages_that_the_database_grew_by_without_writing_them_are_captured() {
    let (fixture, index, image) = with_a_closed_wal().await;
    let grown = index.commit + 5;
    grow(&fixture, index.frames, &image[..4096], grown);
    let (txid, image) = captured_again(&fixture).await;
    assert_eq!(image.len(), grown as usize * 4096);
    fixture.assert_restores(txid, &image);
}

/// The database shrinks and grows again; the WAL still has frames of the pages in between, which SQLite reads.
#[tokio::test]
async fn pages_that_come_back_after_a_shrink_are_those_of_the_wal() {
    let (fixture, index, image) = with_a_closed_wal().await;
    let shrunk = index.commit - 2;
    grow(&fixture, index.frames, &image[..4096], shrunk);
    let (txid, smaller) = captured_again(&fixture).await;
    assert_eq!(smaller.len(), shrunk as usize * 4096);
    fixture.assert_restores(txid, &smaller);

    let index = wal_file::index(&fixture.config.path);
    grow(&fixture, index.frames, &image[..4096], image.len() as u32 / 4096);
    let (txid, larger) = captured_again(&fixture).await;
    assert_eq!(larger.len(), image.len());
    assert_ne!(larger[shrunk as usize * 4096..], vec![0; 2 * 4096]);
    fixture.assert_restores(txid, &larger);
    assert_eq!(fixture.full_captures(), [1]);
}

/// A replicated database that is not open, its WAL not copied back.
async fn with_a_closed_wal() -> (Fixture, WalIndex, Vec<u8>) {
    let fixture = Fixture::new(4096);
    let app = fixture.app();
    app.execute_batch("PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (x)").unwrap();
    let replicator = fixture.spawn().await;
    replicator.sync().await;
    // The last pages are leaves of this table, so that a smaller database still opens.
    rows(&app, "t", 100);
    replicator.sync().await;
    app.close().unwrap();
    let (index, image) = (wal_file::index(&fixture.config.path), fixture.image());
    replicator.stop();
    (fixture, index, image)
}

/// One more commit, of the first page alone, that changes the size of the database. Without `-shm` the next to open it
/// takes the WAL as it lies there.
fn grow(fixture: &Fixture, frames: FrameCount, first_page: &[u8], commit: u32) {
    let mut first_page = first_page.to_vec();
    // The size as the database header has it.
    first_page[28..32].copy_from_slice(&commit.to_be_bytes());
    wal_file::write_commit_frame(&fixture.config.path, frames, 1, &first_page, commit);
    fs::remove_file(fixture.config.path.with_extension("sqlite3-shm")).unwrap();
}

async fn captured_again(fixture: &Fixture) -> (u64, Vec<u8>) {
    let replicator = fixture.spawn().await;
    let captured = fixture.image_at_txid(async || replicator.sync().await).await;
    replicator.stop();
    captured
}

/// SQLite is the judge of the fixture that the core's tests read: a WAL whose checksums are in the other byte order.
#[tokio::test]
async fn a_wal_of_either_byte_order_is_followed() {
    for wal in ["little.wal", "big.wal"] {
        let mut fixture = Fixture::new(512);
        fixture.config.min_checkpoint_pages = 1_000_000;
        let from = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/capture/fixtures/wal");
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(fixture.config.path.with_extension(format!("sqlite3{suffix}")));
        }
        fs::copy(from.join("database"), &fixture.config.path).unwrap();
        fs::copy(from.join(wal), fixture.config.path.with_extension("sqlite3-wal")).unwrap();
        let app = fixture.app();
        let rows: u32 = app.query_row("SELECT count(*) FROM words", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 62, "{wal}: SQLite reads the second run");

        let replicator = fixture.spawn().await;
        let first = fixture.image_at_txid(async || replicator.sync().await).await;
        app.execute_batch("INSERT INTO words (word) VALUES ('more')").unwrap();
        let second = fixture.image_at_txid(async || replicator.sync().await).await;
        replicator.stop();
        assert_eq!(fixture.full_captures(), [1], "{wal}");
        assert_eq!(
            fs::read(fixture.config.path.with_extension("sqlite3-wal")).unwrap()[..4],
            fs::read(from.join(wal)).unwrap()[..4]
        );
        for (txid, image) in [first, second] {
            fixture.assert_restores(txid, &image);
        }
    }
}
