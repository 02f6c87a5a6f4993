//! `litestream.yml` in, settings out: forms, defaults, and errors that say where and what.

use std::{fs, path::Path, time::Duration};

use litestream_core::{
    Error,
    config::{
        self, Config, Location, MaintenanceConfig, S3Config, Source,
        variables::{ACCESS_KEY_ID, BUCKET, ENDPOINT, Environment, Explicit, REGION, SECRET_ACCESS_KEY, Variables},
    },
};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG";

fn variables(more: &[(&str, &str)]) -> Variables {
    let base = [(BUCKET, "backups"), (ACCESS_KEY_ID, "AKIDEXAMPLE"), (SECRET_ACCESS_KEY, SECRET), ("HOME", "/home/me")];
    base.iter().chain(more).map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn source(more: &[(&str, &str)]) -> Source {
    Source::new("config/litestream.yml", "/srv/app", variables(more))
}

fn parse(text: &str) -> Config {
    config::parse(text, &source(&[])).unwrap()
}

fn s3(config: &Config) -> &S3Config {
    match &config.databases[0].replica.location {
        Location::S3(s3) => s3,
        Location::File { .. } => panic!("a file replica"),
    }
}

#[test]
fn the_usual_file_of_a_rails_app() {
    let config = parse(
        "dbs:\n\
         \x20 - path: storage/production.sqlite3\n\
         \x20   replicas:\n\
         \x20     - type: s3\n\
         \x20       bucket: $LITESTREAM_REPLICA_BUCKET\n\
         \x20       path: storage/production.sqlite3\n\
         \x20       access-key-id: ${LITESTREAM_ACCESS_KEY_ID}\n\
         \x20       secret-access-key: $LITESTREAM_SECRET_ACCESS_KEY\n",
    );
    let database = &config.databases[0];
    assert_eq!(database.path, Path::new("/srv/app/storage/production.sqlite3"));
    assert_eq!(database.meta_path, Path::new("/srv/app/storage/.production.sqlite3-litestream"));
    assert_eq!((database.min_checkpoint_pages, database.max_sync_wal_bytes), (1000, 64 << 20));
    let s3 = s3(&config);
    assert_eq!((s3.bucket.as_str(), s3.path.as_str()), ("backups", "storage/production.sqlite3"));
    assert_eq!((s3.region.as_str(), s3.endpoint.as_deref(), s3.force_path_style), ("us-east-1", None, false));
    assert_eq!(s3.credentials.as_ref().unwrap().secret_access_key.reveal(), SECRET);
    assert_eq!((config.socket, config.warnings.len()), (None, 0));
}

#[test]
fn the_minio_variables_of_the_documentation() {
    let minio = [(BUCKET, "s3://mybkt.localhost:9000/"), (ENDPOINT, "http://localhost:9000")];
    let text = "dbs: [{path: a.db, replica: {type: s3, bucket: $LITESTREAM_REPLICA_BUCKET, path: a}}]";
    let config = config::parse(text, &source(&minio)).unwrap();
    let expected = S3Config {
        endpoint: Some("http://localhost:9000".into()),
        force_path_style: true,
        credentials: s3(&config).credentials.clone(),
        ..S3Config::new("mybkt", "a")
    };
    assert_eq!(s3(&config), &expected);
    assert!(expected.credentials.is_some());
}

#[test]
fn the_file_wins_over_variables_and_they_over_defaults() {
    let more = [(REGION, "eu-west-1"), (ENDPOINT, "http://127.0.0.1:9000")];
    let of = |replica: &str| {
        let text = format!("region: top-1\ndbs: [{{path: a.db, replica: {replica}}}]");
        s3(&config::parse(&text, &source(&more)).unwrap()).clone()
    };
    assert_eq!(of("{url: s3://b/p, region: own-1, endpoint: example.org}").region, "own-1");
    assert_eq!(of("{url: s3://b/p}").region, "top-1");
    assert_eq!(of("{url: s3://b/p}").endpoint.as_deref(), Some("http://127.0.0.1:9000"));
    assert_eq!(of("{url: 's3://b/p', endpoint: example.org}").endpoint.as_deref(), Some("https://example.org"));
    let elsewhere = of("{url: 's3://b.nyc3.digitaloceanspaces.com/p'}");
    assert_eq!(elsewhere.endpoint.as_deref(), Some("https://nyc3.digitaloceanspaces.com"));
    assert!(!elsewhere.force_path_style);
    assert!(!of("{url: s3://b/p, force-path-style: no}").force_path_style);
}

#[test]
fn paths_urls_and_directories() {
    let path = |database: &str| {
        let text = format!("dbs: [{{path: '{database}', replica: {{type: file, path: r}}}}]");
        parse(&text).databases[0].path.to_string_lossy().into_owned()
    };
    assert_eq!(path("~/a.db"), "/home/me/a.db");
    assert_eq!(path("sqlite:///data/a.db?mode=ro"), "/data/a.db");
    assert_eq!(path("../x/./a.db"), "/srv/x/a.db");
    let file = parse("dbs: [{path: a.db, replica: {url: 'file:///backup/a'}}]");
    assert_eq!(file.databases[0].replica.location, Location::File { path: "/backup/a".into() });
    assert_eq!(s3(&parse("dbs: [{path: a.db, replica: {url: 's3://b/x/y/'}}]")).path, "x/y");
    assert_eq!(s3(&parse("dbs: [{path: a.db, replica: {url: 's3://b'}}]")).path, ".");
}

#[test]
fn a_directory_stands_for_the_databases_in_it() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("eu")).unwrap();
    for file in ["one.db", "eu/two.db", "eu/two.db-wal"] {
        fs::write(dir.path().join(file), "").unwrap();
    }
    let text = format!(
        "snapshot: {{interval: 1h}}\n\
         dbs: [{{dir: {0}, pattern: '*.db', recursive: on, meta-dir: /meta, snapshot: {{retention: 24h}},\n\
         \x20      replica: {{url: 's3://b/tenants'}}}}]",
        dir.path().display()
    );
    let config = parse(&text);
    let seen: Vec<_> =
        config.databases.iter().map(|db| (db.meta_path.to_str().unwrap(), &db.replica.location)).collect();
    assert_eq!(seen[0].0, "/meta/eu/.two.db-litestream");
    assert_eq!(seen[0].1.to_string(), "s3://b/tenants/eu/two.db");
    assert_eq!(seen[1].1.to_string(), "s3://b/tenants/one.db");
    assert_eq!(config.databases[0].path, dir.path().join("eu/two.db"));
    let kept = &config.databases[1].maintenance;
    assert_eq!((kept.snapshot_interval.as_secs(), kept.retention.snapshots.as_secs()), (3600, 86_400));
    let none = config::parse(&text.replace("*.db", "*.sqlite"), &source(&[])).unwrap_err().to_string();
    assert!(none.contains("config/litestream.yml:2:8: dbs[0].dir: no file in"), "{none}");
}

#[test]
fn every_setting_is_read() {
    let config = parse(
        "logging: {level: DEBUG, type: json}\n\
         socket: {enabled: true, path: tmp/l.sock}\n\
         shutdown-sync-timeout: 500ms\n\
         sync-interval: 3s\n\
         dbs:\n\
         - path: a.db\n\
         \x20 meta-path: meta\n\
         \x20 monitor-interval: 1h2m3.5s\n\
         \x20 checkpoint-interval: 0\n\
         \x20 busy-timeout: 2s\n\
         \x20 min-checkpoint-page-count: 7\n\
         \x20 truncate-page-n: -1\n\
         \x20 max-sync-wal-bytes: 1MiB\n\
         \x20 restore-if-db-not-exists: Yes\n\
         \x20 replica: {bucket: 12345, storage-class: GLACIER_IR, part-size: 8MiB, concurrency: 2, skip-verify: y}\n",
    );
    assert_eq!((config.logging.level.as_str(), config.logging.json), ("debug", true));
    assert_eq!(config.socket.as_deref(), Some(Path::new("/srv/app/tmp/l.sock")));
    assert_eq!(config.shutdown_sync_timeout, Duration::from_millis(500));
    let database = &config.databases[0];
    assert_eq!(database.monitor_interval, Duration::from_millis(3_723_500));
    assert_eq!((database.checkpoint_interval, database.busy_timeout), (Duration::ZERO, Duration::from_secs(2)));
    assert_eq!((database.min_checkpoint_pages, database.truncate_pages), (7, u32::MAX));
    assert_eq!((database.max_sync_wal_bytes, database.restore_if_absent), (1 << 20, true));
    assert_eq!(database.replica.sync_interval, Duration::from_secs(3));
    let s3 = s3(&config);
    assert_eq!((s3.bucket.as_str(), s3.part_size, s3.concurrency, s3.skip_verify), ("12345", 8 << 20, 2, true));
    assert_eq!(s3.storage_class.as_deref(), Some("GLACIER_IR"));
}

#[test]
fn the_socket_is_the_callers_unless_the_file_says_otherwise() {
    let source = Source { socket: Some("/run/app.sock".into()), ..source(&[]) };
    let socket = |text: &str| {
        let text = format!("{text}\ndbs: [{{path: a.db, replica: {{path: r}}}}]");
        config::parse(&text, &source).unwrap().socket
    };
    assert_eq!(socket("").as_deref(), Some(Path::new("/run/app.sock")));
    assert_eq!(socket("socket: {enabled: true}").as_deref(), Some(Path::new("/run/app.sock")));
    assert_eq!(socket("socket: {path: /x/y.sock}").as_deref(), Some(Path::new("/x/y.sock")));
    assert_eq!(socket("socket: {enabled: false, path: /x/y.sock}"), None);
}

#[test]
fn keys_we_do_not_act_on_are_kept_for_the_official_executable_and_reported_once() {
    let config = parse(
        "addr: ':9090'\nsas-token: abc\nvalidation: {interval: 300s}\n\
         logging: {stderr: true}\n\
         dbs:\n\
         - {path: a.db, watch: off, replica: {path: r, auto-recover: yes, name: x}}\n\
         - {path: b.db, watch: off, replica: {path: s, auto-recover: yes}}",
    );
    let official = serde_yaml::to_string(&config.official).unwrap();
    assert_eq!(official, "addr: :9090\nvalidation:\n  interval: 5m\n");
    assert_eq!(config.logging.official["stderr"], true);
    assert_eq!(config.databases[1].replica.official["auto-recover"], true);
    let official_only = "has an effect on the official litestream executable only";
    let expected = [
        format!("1:1: addr: {official_only}"),
        "2:1: sas-token: has no effect: replicas in Azure are not supported".into(),
        format!("3:14: validation.interval: {official_only}"),
        format!("4:11: logging.stderr: {official_only}"),
        "6:16: dbs[0].watch: has no effect: a new database in dir is found at the next start (and 1 more)".into(),
        format!("6:47: dbs[0].replica.auto-recover: {official_only} (and 1 more)"),
        "6:66: dbs[0].replica.name: has no effect: a database has one replica since Litestream v0.5, so that it needs no \
         name"
        .into(),
    ];
    assert_eq!(config.warnings, expected.map(|warning| format!("config/litestream.yml:{warning}")));
}

#[test]
fn levels_snapshots_and_retention_have_the_official_defaults_and_keys() {
    let seconds = |config: &MaintenanceConfig| {
        let levels: Vec<u64> = config.levels.iter().map(|interval| interval.as_secs()).collect();
        let retention = (config.retention.l0.as_secs(), config.retention.snapshots.as_secs());
        (levels, config.snapshot_interval.as_secs(), retention, config.l0_check_interval.as_secs(), config.delete)
    };
    let one = "dbs: [{path: a.db, replica: {path: r}}]";
    assert_eq!(seconds(&parse(one).maintenance), (vec![30, 300, 3600], 86_400, (300, 86_400), 15, true));
    let config = parse(
        "levels: [{interval: 10s}, {interval: 1m}]\nsnapshot: {interval: 12h, retention: 72h}\nl0-retention: 0s\n\
         l0-retention-check-interval: 5s\nretention: {enabled: false}\n\
         dbs: [{path: a.db, replica: {path: r}}, {path: b.db, snapshot: {interval: 1h}, replica: {path: s}}]",
    );
    assert_eq!(seconds(&config.maintenance), (vec![10, 60], 43_200, (0, 259_200), 5, false));
    assert_eq!(config.databases[0].maintenance, config.maintenance);
    assert_eq!(seconds(&config.databases[1].maintenance), (vec![10, 60], 3600, (0, 259_200), 5, false));
}

#[test]
fn anchors_and_merge_keys_work() {
    let config = parse(
        "dbs:\n- path: a.db\n  replica: &r {bucket: b, path: a, region: r-1}\n\
         - path: b.db\n  replica: {<<: *r, path: b}\n",
    );
    assert_eq!(config.databases[1].replica.location.to_string(), "s3://b/b");
    assert_eq!(s3(&config).region, "r-1");
}

#[test]
fn anchors_may_lie_in_keys_of_their_own_at_the_top() {
    for helper in [
        "x-defaults: &bucket {bucket: b, region: r-1}\nx-note: any text",
        "x-anchors: {one: &bucket {bucket: b, region: r-1}, two: [1]}",
        "bucket-defaults: &bucket\n  bucket: b\n  region: r-1",
        "anchors:\n- &bucket {bucket: b, region: r-1}\n- &other {bucket: c}",
        "replica: &bucket {bucket: b, region: r-1}",
    ] {
        let text = format!("{helper}\ndbs:\n- path: a.db\n  replica: {{<<: [*bucket], path: p}}\n");
        let config = parse(&text);
        assert_eq!((s3(&config).region.as_str(), config.warnings.len()), ("r-1", 0), "{text}");
    }
}

#[test]
fn without_expansion_a_dollar_is_a_dollar() {
    let source = Source { expand: false, ..source(&[]) };
    let config = config::parse("dbs: [{path: '$HOME.db', replica: {path: r}}]", &source).unwrap();
    assert_eq!(config.databases[0].path, Path::new("/srv/app/$HOME.db"));
}

#[test]
fn without_a_file_the_environment_is_enough() {
    let resolve = |more: &[(&str, &str)]| Environment::resolve(&Explicit::default(), &variables(more));
    let files = ["storage/production.sqlite3", "/data/queue.sqlite3"].map(Into::into);
    let build = |environment: &Environment| {
        config::from_environment(environment, &files, Path::new("/srv/app"), Some("/run/l.sock".into()))
    };
    let config = build(&resolve(&[(BUCKET, "s3://mybkt.localhost:9000/x"), (REGION, "eu-1")])).unwrap();
    assert_eq!(config.databases[0].path, Path::new("/srv/app/storage/production.sqlite3"));
    assert_eq!((s3(&config).path.as_str(), s3(&config).region.as_str()), ("x/storage/production.sqlite3", "eu-1"));
    assert_eq!(s3(&config).endpoint.as_deref(), Some("http://localhost:9000"));
    assert!(s3(&config).force_path_style && s3(&config).credentials.is_some());
    assert_eq!(config.databases[1].replica.location.to_string(), "s3://mybkt/x/queue.sqlite3 at http://localhost:9000");
    assert_eq!(config.socket.as_deref(), Some(Path::new("/run/l.sock")));
    let missing = Environment::resolve(&Explicit::default(), &Variables::new());
    assert!(matches!(build(&missing), Err(Error::MissingEnvironment { names }) if names.len() == 3));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_text_makes_it_panic(text in "(dbs:\n|- |  |path: |replica: |bucket: |url: |s3://|dir: |\\$\\{?|\\}|&a|\\*a|<<: |\\[|\\{|,|\"|'|\n|\\PC){0,40}") {
        let _ = config::parse(&text, &source(&[]));
    }
}
