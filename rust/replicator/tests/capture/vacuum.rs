//! Databases that shrink and grow again: no page comes back as it was before, by our restore and by official Litestream's.

use std::fs;

use crate::support::{
    Fixture,
    restored::{assert_same, restore},
};
use litestream_core::restore::{IntegrityCheck, RestoreOutcome, Target};
use litestream_testkit::official::Official;
use ltx::Txid;
use rusqlite::Connection;

/// `PRAGMA auto_vacuum`
const NONE: u32 = 0;
const FULL: u32 = 1;
const INCREMENTAL: u32 = 2;

#[tokio::test]
async fn a_database_that_is_vacuumed_shrinks_and_grows_again() {
    shrink_and_grow(NONE, 512).await;
    shrink_and_grow(NONE, 4096).await;
}

#[tokio::test]
async fn a_database_with_full_auto_vacuum_shrinks_and_grows_again() {
    shrink_and_grow(FULL, 512).await;
    shrink_and_grow(FULL, 65_536).await;
}

#[tokio::test]
async fn a_database_with_incremental_vacuum_shrinks_and_grows_again() {
    shrink_and_grow(INCREMENTAL, 512).await;
    shrink_and_grow(INCREMENTAL, 4096).await;
}

async fn shrink_and_grow(auto_vacuum: u32, page_size: u32) {
    let mut fixture = Fixture::new(page_size);
    fixture.config.min_checkpoint_pages = 50;
    let app = fixture.app();
    // The database is empty and in WAL mode: only VACUUM can still change this.
    app.execute_batch(&format!("PRAGMA auto_vacuum = {auto_vacuum}; VACUUM; CREATE TABLE t (x)")).unwrap();
    assert_eq!(app.query_row("PRAGMA auto_vacuum", [], |row| row.get::<_, u32>(0)).unwrap(), auto_vacuum);
    let replicator = fixture.spawn().await;
    let mut images = Vec::new();
    for content in 1..4 {
        fill(&app, content);
        let full = pages(&app);
        images.push(fixture.image_at_txid(async || replicator.sync().await).await);
        app.execute_batch("DELETE FROM t WHERE rowid % 10 > 0").unwrap();
        match auto_vacuum {
            NONE => app.execute_batch("VACUUM").unwrap(),
            // A piece now, the rest after more was captured.
            INCREMENTAL => incremental_vacuum(&app, 5),
            _ => {}
        }
        images.push(fixture.image_at_txid(async || replicator.sync().await).await);
        if auto_vacuum == INCREMENTAL {
            incremental_vacuum(&app, 0);
            images.push(fixture.image_at_txid(async || replicator.sync().await).await);
        }
        assert!(pages(&app) < full / 2, "auto_vacuum {auto_vacuum}: {} pages of {full}", pages(&app));
        // Grows within one sync by less than it had shrunk.
        app.execute_batch("INSERT INTO t VALUES (zeroblob(30000))").unwrap();
        images.push(fixture.image_at_txid(async || replicator.sync().await).await);
    }
    let before = replicator.sync().await;
    app.execute_batch("PRAGMA user_version = 7").unwrap();
    let (first_page, image) = fixture.image_at_txid(async || replicator.sync().await).await;
    images.push((first_page, image));
    replicator.stop();
    if first_page == before + 1 {
        assert_eq!(fixture.files()[first_page as usize - 1].1, 1, "one page is all that was committed");
    }
    assert_eq!(fixture.full_captures(), [1]);
    for (txid, image) in images {
        assert_restores(&fixture, txid, &image).await;
    }
}

/// Other bytes each time, of the same size.
fn fill(app: &Connection, content: u8) {
    app.execute_batch("BEGIN").unwrap();
    for row in 0..200u8 {
        app.execute("INSERT INTO t VALUES (?1)", [vec![content.wrapping_mul(31).wrapping_add(row); 10_000]]).unwrap();
    }
    app.execute_batch("COMMIT").unwrap();
}

/// Each row that SQLite answers with is one page that went; 0: all that are free.
fn incremental_vacuum(app: &Connection, pages: u32) {
    let mut statement = app.prepare(&format!("PRAGMA incremental_vacuum({pages})")).unwrap();
    let mut rows = statement.query([]).unwrap();
    while rows.next().unwrap().is_some() {}
}

fn pages(app: &Connection) -> u32 {
    app.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap()
}

async fn assert_restores(fixture: &Fixture, txid: u64, image: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("restored.db");
    let target = Target::Txid(Txid::new(txid).unwrap());
    match restore(&fixture.replica(), target, &output, IntegrityCheck::Full).await.unwrap() {
        RestoreOutcome::Restored(restored) => assert_eq!(restored.stale_pages, 0, "TXID {txid}"),
        other => panic!("TXID {txid}: {other:?}"),
    }
    assert_same(&fs::read(output).unwrap(), image, fixture.page_size(), &format!("TXID {txid} by ours"));
    if let Some(judge) = Official::find("0.5.17") {
        let restored = fixture.restored_by(&judge, txid).unwrap();
        assert_same(&restored, image, fixture.page_size(), &format!("TXID {txid} by official"));
    }
}
