//! Engines take turns on one database and one replica.

use litestream_testkit::{
    official::Target,
    random,
    workload::{Checkpoints, Kind, Options, Workload},
};

use crate::support::{Engine, Site, Witness, history};

/// The event while no engine runs.
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

/// How an engine ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Stopped,
    Killed,
}

/// Ours, official, ours, official, ours: each continues where the other ended, and whenever one was stopped both restore
/// the same latest state. Prints which hand-overs cost a capture of the whole database.
fn engines_take_turns(between: Between, end: End, page_size: u32) {
    let Some(official) = Engine::official("0.5.17") else { return };
    let ours = Engine::ours();
    let site = Site::new();
    let options = Options { checkpoints: Checkpoints::None, ..Options::new(random::seed(), page_size) };
    let mut app = Workload::create(site.database(), options).unwrap();
    app.run(10).unwrap();
    let mut witness = Witness::default();
    let mut newest = 0;
    for (turn, engine) in [&ours, &official, &ours, &official, &ours].into_iter().enumerate() {
        if turn > 0 {
            prepare(between, engine, &site, &mut app);
        }
        let running = engine.replicate(&site);
        for _ in 0..4 {
            app.run(2).unwrap();
            app.step_of(Kind::Insert).unwrap();
            let txid = witness.look(&running, &mut app);
            assert!(txid > newest, "{engine} numbers {txid} after {newest}");
        }
        if std::ptr::eq(engine, &ours) {
            app.step_of(Kind::Checkpoint("PASSIVE")).unwrap();
            ours.verify(&site).unwrap();
        }
        app.run(2).unwrap();
        match end {
            End::Stopped => running.stop(),
            End::Killed => running.kill(),
        }
        newest = report(&site, engine, between, newest);
        if end == End::Stopped {
            let latest = app.image().unwrap();
            official.assert_restores(&site, &Target::Latest, &latest);
            ours.assert_restores(&site, &Target::Latest, &latest);
        }
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
    engines_take_turns(Between::Writes, End::Stopped, 4096);
}

#[test]
fn g8_engines_take_turns_on_a_quiet_database() {
    engines_take_turns(Between::Nothing, End::Stopped, 512);
}

#[test]
fn g8_engines_take_turns_between_restarts_of_the_application() {
    engines_take_turns(Between::Restart, End::Stopped, 4096);
}

#[test]
fn g8_engines_take_turns_when_local_files_are_lost() {
    engines_take_turns(Between::LocalFilesLost, End::Stopped, 65_536);
}

#[test]
fn g8_engines_take_turns_on_fresh_machines() {
    engines_take_turns(Between::MachineLost, End::Stopped, 4096);
}

/// Latest states are not compared here: what a killed engine had not uploaded comes with the next one.
#[test]
fn g8_engines_take_turns_when_each_is_killed() {
    engines_take_turns(Between::Writes, End::Killed, 4096);
}

/// 0.5.9 cannot read what 0.5.16 and later write, nor what we do, so the way back is closed.
#[test]
fn g8_we_take_over_from_official_0_5_9() {
    let (Some(old), Some(judge)) = (Engine::official("0.5.9"), Engine::official("0.5.17")) else { return };
    let ours = Engine::ours();
    let site = Site::new();
    let options = Options { checkpoints: Checkpoints::None, ..Options::new(random::seed(), 4096) };
    let mut app = Workload::create(site.database(), options).unwrap();
    let running = old.replicate(&site);
    for _ in 0..4 {
        app.run(3).unwrap();
        running.sync();
    }
    running.stop();
    let newest = history::increments(&site).last().unwrap().txid();

    let running = ours.replicate(&site);
    let mut witness = Witness::default();
    for _ in 0..8 {
        app.run(2).unwrap();
        witness.look(&running, &mut app);
    }
    ours.verify(&site).unwrap();
    running.stop();
    report(&site, &ours, Between::Nothing, newest);
    for engine in [&judge, &ours] {
        witness.assert_restored_by(engine, &site, 8);
        engine.assert_restores(&site, &Target::Latest, &app.image().unwrap());
    }
}
