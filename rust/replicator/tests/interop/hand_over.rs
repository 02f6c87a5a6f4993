//! Engines take turns on one database and one replica.

use litestream_testkit::{
    official::Target,
    random,
    workload::{Checkpoints, Kind, Options, Workload},
};

use crate::support::{Engine, Site, Witness, history};

/// What happens while no engine runs.
#[derive(Clone, Copy, Debug)]
enum Between {
    /// The application stays, and writes.
    Writes,
    /// The application stays and is quiet.
    Nothing,
    /// The application ends and begins anew, so that SQLite removes the WAL.
    Restart,
    /// The engines' local files are lost.
    LocalFilesLost,
    /// All is lost and restored from the replica by the next engine.
    MachineLost,
}

/// Ours, official, ours, official, ours: each continues where the other stopped, and at each stop both restore the
/// same latest state. Prints which hand-overs cost a capture of the whole database.
fn engines_take_turns(between: Between, page_size: u32) {
    let Some(official) = Engine::official("0.5.17") else { return };
    let ours = Engine::ours();
    let site = Site::new();
    let options = Options { checkpoints: Checkpoints::None, ..Options::new(random::seed(), page_size) };
    let mut app = Workload::create(site.database(), options).unwrap();
    app.run(10).unwrap();
    let mut witness = Witness::default();
    let mut newest = 0;
    for engine in [&ours, &official, &ours, &official, &ours] {
        if newest > 0 {
            prepare(between, engine, &site, &mut app);
        }
        let running = engine.replicate(&site);
        for _ in 0..4 {
            app.run(2).unwrap();
            app.step_of(Kind::Insert).unwrap();
            if std::ptr::eq(engine, &ours) {
                app.step_of(Kind::Checkpoint("PASSIVE")).unwrap();
            }
            let txid = witness.look(&running, &mut app);
            assert!(txid > newest, "{engine} numbers {txid} after {newest}");
        }
        app.run(2).unwrap();
        running.stop();
        newest = report(&site, engine, between, newest);
        let latest = app.image().unwrap();
        official.assert_restores(&site, &Target::Latest, &latest);
        ours.assert_restores(&site, &Target::Latest, &latest);
    }
    witness.assert_restored_by(&official, &site, 5);
    witness.assert_restored_by(&ours, &site, 20);
}

fn prepare(between: Between, next: &Engine, site: &Site, app: &mut Workload) {
    match between {
        Between::Writes => drop(app.run(2).unwrap()),
        Between::Nothing => {}
        Between::Restart => app.offline(|| ()).unwrap(),
        Between::LocalFilesLost => std::fs::remove_dir_all(site.meta_path()).unwrap(),
        Between::MachineLost => {
            let restored = app.offline(|| {
                site.lose_machine();
                next.restore_to(site, &Target::Latest, &site.database())
            });
            restored.unwrap().unwrap();
        }
    }
}

/// The newest TXID, after looking for gaps and saying what the hand-over cost.
fn report(site: &Site, engine: &Engine, between: Between, before: u64) -> u64 {
    let increments = history::increments(site);
    let newest = increments.last().unwrap().txid();
    history::assert_no_gap(site, newest);
    let first = increments.iter().find(|increment| increment.txid() > before).unwrap();
    let cost = if first.is_whole() { "a full capture" } else { "an increment" };
    println!(
        "{between:?}: {engine} took over after TXID {before} with {cost} ({} of {} pages)",
        first.pages, first.header.commit
    );
    newest
}

#[test]
fn g8_engines_take_turns_while_the_application_writes_on() {
    engines_take_turns(Between::Writes, 4096);
}

#[test]
fn g8_engines_take_turns_on_a_quiet_database() {
    engines_take_turns(Between::Nothing, 512);
}

#[test]
fn g8_engines_take_turns_between_restarts_of_the_application() {
    engines_take_turns(Between::Restart, 4096);
}

#[test]
fn g8_engines_take_turns_when_local_files_are_lost() {
    engines_take_turns(Between::LocalFilesLost, 65_536);
}

#[test]
fn g8_engines_take_turns_on_fresh_machines() {
    engines_take_turns(Between::MachineLost, 4096);
}
