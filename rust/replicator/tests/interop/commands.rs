//! Commands of one engine ask the control socket of the other.

use litestream_testkit::{
    random,
    workload::{Options, Workload},
};
use serde_json::Value;

use crate::support::{Engine, Site, at_txid};

/// `asking` must see, sync and name the database that `serving` replicates. Returns what `info` says.
fn engine_answers(serving: &Engine, asking: &Engine) -> Value {
    let site = Site::new();
    let mut app = Workload::create(site.database(), Options::new(random::seed(), 4096)).unwrap();
    app.run(10).unwrap();
    let running = serving.replicate(&site);
    running.sync();
    let database = site.database().to_string_lossy().into_owned();

    let synced = asking.ask(&site, "sync", &["-wait", &database]);
    assert_eq!(synced["db_path"], database, "{synced}");
    assert_eq!(synced["txid"], synced["replica_txid"], "{synced}");
    let txid = synced["txid"].as_u64().unwrap();
    asking.assert_restores(&site, &at_txid(txid), &app.image().unwrap());

    let listed = asking.ask(&site, "list", &[]);
    assert_eq!(listed["databases"][0]["path"], database, "{listed}");
    assert_eq!(listed["databases"][0]["status"], "replicating", "{listed}");
    let info = asking.ask(&site, "info", &[]);
    assert_eq!(info["pid"], running.pid(), "{info}");
    assert_eq!(info["database_count"], 1, "{info}");
    running.stop();
    info
}

#[test]
fn g8_our_replicator_answers_official_commands() {
    let Some(official) = Engine::official("0.5.17") else { return };
    assert_eq!(engine_answers(&Engine::ours(), &official)["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn g8_official_replicators_answer_our_commands() {
    let Some(official) = Engine::official("0.5.17") else { return };
    assert_eq!(engine_answers(&official, &Engine::ours())["version"], "0.5.17");
}
