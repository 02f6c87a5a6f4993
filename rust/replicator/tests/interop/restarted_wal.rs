//! While no engine runs, the application copies the whole WAL into its database, and its next write begins the WAL anew:
//! what was committed before exists only in the database file then.
//!
//! Official 0.5.17 does not notice as long as the new WAL is shorter than the old one, and from then on restores a
//! database that never was. Here it shows what our engine must not do, and what our verify must find.

use litestream_testkit::{
    official::Target,
    random,
    workload::{Checkpoints, Options, Workload},
};

use crate::support::{Engine, Site, history};

/// Rows of which each fills most of a page.
const ROWS: u32 = 200;

/// Runs `first`, then writes, checkpoints and writes without replication. Returns the newest TXID.
fn restart_wal_after(first: &Engine, site: &Site) -> (Workload, u64) {
    let options = Options { checkpoints: Checkpoints::None, ..Options::new(random::seed(), 4096) };
    let app = Workload::create(site.database(), options).unwrap();
    app.connection().execute_batch("CREATE TABLE ledger (id INTEGER PRIMARY KEY, note BLOB)").unwrap();
    for id in 1..=ROWS {
        write(&app, id);
    }
    let running = first.replicate(site);
    running.sync();
    for id in 1..=20 {
        write(&app, id);
    }
    running.settle();
    let newest = running.sync();
    running.stop();

    for id in 101..=110 {
        write(&app, id);
    }
    let checkpointed = app
        .connection()
        .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)));
    let (frames, copied) = checkpointed.unwrap();
    assert_eq!(frames, copied);
    write(&app, 1);
    (app, newest)
}

fn write(app: &Workload, id: u32) {
    app.connection().execute("INSERT OR REPLACE INTO ledger VALUES (?1, randomblob(3000))", [id]).unwrap();
}

fn we_take_over(first: &Engine) {
    let Some(official) = Engine::official("0.5.17") else { return };
    let ours = Engine::ours();
    let site = Site::new();
    let (mut app, newest) = restart_wal_after(first, &site);
    let running = ours.replicate(&site);
    running.sync();
    write(&app, 2);
    running.sync();
    ours.verify(&site).unwrap();
    running.stop();
    let increments = history::increments(&site);
    let next = increments.iter().find(|increment| increment.txid() > newest).unwrap();
    // Read from the database file: nothing else has them.
    assert!(next.pages >= 11, "{} pages", next.pages);
    official.assert_restores(&site, &Target::Latest, &app.image().unwrap());
}

#[test]
fn g8_we_miss_nothing_after_a_wal_restart_since_we_stopped() {
    we_take_over(&Engine::ours());
}

#[test]
fn g8_we_miss_nothing_after_a_wal_restart_since_official_stopped() {
    let Some(official) = Engine::official("0.5.17") else { return };
    we_take_over(&official);
}

#[test]
fn g7_verify_finds_the_pages_that_official_lost() {
    let Some(official) = Engine::official("0.5.17") else { return };
    let ours = Engine::ours();
    let site = Site::new();
    let (mut app, _) = restart_wal_after(&official, &site);
    let running = official.replicate(&site);
    running.sync();
    running.settle();
    running.stop();
    let lost = official.restore(&site, &Target::Latest).unwrap().differences(&app.image().unwrap());
    assert!(lost.len() >= 10, "official 0.5.17 notices now; this test has nothing to find: {lost:?}");
    println!("official 0.5.17 restores {} of {} pages wrong", lost.len(), app.image().unwrap().pages());

    let running = ours.replicate(&site);
    running.sync();
    let error = ours.verify(&site).unwrap_err();
    assert!(error.contains("the checksum of the database is"), "{error}");
    running.stop();
}
