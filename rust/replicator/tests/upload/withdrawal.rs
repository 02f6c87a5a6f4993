//! The files that a start deletes from a replica, and those that it leaves there (G4).

use std::fs;

use crate::support::{Fixture, rows};
use ltx::{Txid, TxidRange, file_name};
use rusqlite::Connection;

/// As many files as a start looks at.
const STAGED: u64 = 4;

/// A replicator that ended; the newest of what it had acknowledged is staged still, as if level 1 lacked it.
async fn stopped() -> (Fixture, Connection, u64) {
    let fixture = Fixture::new(4096);
    let app = fixture.app();
    app.execute_batch("CREATE TABLE t (x)").unwrap();
    let running = fixture.start();
    let mut newest = running.sync().await;
    for _ in 0..=STAGED {
        rows(&app, "t", 1);
        newest = running.sync().await;
    }
    running.stop().await;
    for txid in newest - STAGED + 1..=newest {
        fs::copy(fixture.replica_file(txid), fixture.staged_path((txid, txid))).unwrap();
    }
    (fixture, app, newest)
}

fn replicated(fixture: &Fixture, newest: u64) -> Vec<Vec<u8>> {
    (1..=newest).map(|txid| fs::read(fixture.replica_file(txid)).unwrap_or_default()).collect()
}

fn count(fixture: &Fixture) -> u32 {
    fixture.app().query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
}

type Damage = fn(&mut Vec<u8>);

/// How a disk may damage a file.
const DAMAGES: [(&str, Damage); 5] = [
    ("empty", |file| file.clear()),
    ("half a header", |file| file.truncate(50)),
    ("cut", |file| file.truncate(file.len() - 20)),
    ("header", |file| file[30] ^= 1),
    ("trailer", |file| *file.last_mut().unwrap() ^= 1),
];

/// G4: a staged file that differs from the replica's is no proof of another writer, as it may be the damaged one of the two.
/// The live database is gone as well: the replica has all there is.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn g4_a_damaged_staged_file_takes_nothing_back() {
    for (what, damage) in DAMAGES {
        for back in [STAGED - 1, 0] {
            let (mut fixture, app, newest) = stopped().await;
            let (before, expected) = (replicated(&fixture, newest), count(&fixture));
            app.close().unwrap();
            for name in ["app.sqlite3", "app.sqlite3-wal", "app.sqlite3-shm"] {
                let _ = fs::remove_file(fixture.folder.path().join(name));
            }
            let damaged = fixture.staged_path((newest - back, newest - back));
            let mut file = fs::read(&damaged).unwrap();
            damage(&mut file);
            fs::write(&damaged, file).unwrap();

            fixture.config.restore_if_absent = true;
            let running = fixture.start();
            running
                .until("replicated again", |listed| listed.replicated_txid >= newest && listed.error.is_none())
                .await;
            let after = running.sync().await;
            assert!(replicated(&fixture, newest) == before, "{what}, {back} back: taken from the replica");
            assert_eq!(count(&fixture), expected, "{what}, {back} back");
            running.stop().await;
            fixture.assert_restores(after, &fixture.image());
        }
    }
}

/// G4: only acknowledged files are merged. So a file that later replaces ours causes no withdrawal.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn g4_merged_files_were_acknowledged_and_are_not_deleted() {
    for merged in [true, false] {
        let (fixture, _app, newest) = stopped().await;
        if merged {
            merge(&fixture, newest);
        }
        let replaced = newest - STAGED + 1;
        replace_pages(&fixture, replaced);
        let before = replicated(&fixture, newest);
        let running = fixture.start();
        let after = running.sync().await;
        running.stop().await;
        let stays = replicated(&fixture, newest) == before;
        assert_eq!((stays, after >= newest), (merged, merged), "{after} {newest}");
    }
}

/// Into level 1 of the replica.
fn merge(fixture: &Fixture, newest: u64) {
    let inputs: Vec<_> = (1..=newest).map(|txid| fs::File::open(fixture.replica_file(txid)).unwrap()).collect();
    let mut merged = Vec::new();
    ltx::merge(inputs, &mut merged).unwrap();
    let txids = TxidRange::new(Txid::MIN, Txid::new(newest).unwrap()).unwrap();
    let level = fixture.folder.path().join("replica/ltx/1");
    fs::create_dir_all(&level).unwrap();
    fs::write(level.join(file_name::format(txids)), merged).unwrap();
}

/// The replica's file gets other pages.
fn replace_pages(fixture: &Fixture, txid: u64) {
    let file = fs::read(fixture.replica_file(txid)).unwrap();
    fs::write(fixture.replica_file(txid), crate::support::with_other_pages(&file)).unwrap();
}
