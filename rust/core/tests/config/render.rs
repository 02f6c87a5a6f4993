//! Settings out as YAML: what is rendered reads back as the same settings, and holds no secret.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

use litestream_core::config::{
    self, Config, Credentials, DatabaseConfig, Location, Logging, MaintenanceConfig, OfficialKeys, QueueBounds,
    Rendered, ReplicaConfig, Retention, S3Config, Secret, Source,
};
use proptest::{collection::vec, option, prelude::*};

/// As a child process would: only the rendered text and its variables.
fn read_back(rendered: &Rendered) -> Config {
    let variables = rendered.variables.iter().map(|(name, value)| (name.clone(), value.reveal().to_owned())).collect();
    config::parse(&rendered.text, &Source::new("rendered.yml", "/elsewhere", variables)).unwrap()
}

fn credentials(secret: &str) -> Credentials {
    Credentials { access_key_id: "AKIDEXAMPLE".into(), secret_access_key: Secret::new(secret) }
}

fn in_bucket(database: &str, credentials: Option<Credentials>) -> DatabaseConfig {
    let s3 = S3Config { credentials, ..S3Config::new("backups", database.trim_start_matches('/')) };
    DatabaseConfig::new(database, ReplicaConfig::new(Location::S3(s3)))
}

#[test]
fn secrets_are_referred_to_and_never_written() {
    let config = Config::new(
        vec![
            in_bucket("/a.db", Some(credentials("it's $ecret"))),
            in_bucket("/b.db", Some(credentials("it's $ecret"))),
            in_bucket("/c.db", Some(credentials("another one"))),
        ],
        None,
    );
    let rendered = config::render(&config).unwrap();
    assert!(
        !rendered.text.contains("ecret\"") && !rendered.text.contains("another") && !rendered.text.contains("AKID")
    );
    assert!(!format!("{rendered:?}").contains("another"));
    let names: Vec<_> = rendered.variables.keys().collect();
    assert_eq!(
        names,
        [
            "LITESTREAM_ACCESS_KEY_ID",
            "LITESTREAM_ACCESS_KEY_ID_2",
            "LITESTREAM_SECRET_ACCESS_KEY",
            "LITESTREAM_SECRET_ACCESS_KEY_2"
        ]
    );
    assert_eq!(read_back(&rendered), config);
}

#[test]
fn a_secret_that_no_file_can_hold_is_refused_unseen() {
    let config = Config::new(vec![in_bucket("/a.db", Some(credentials("line\nbreak")))], None);
    let message = config::render(&config).unwrap_err().to_string();
    assert_eq!(message, "LITESTREAM_SECRET_ACCESS_KEY: its value holds a control character");
}

#[test]
fn our_own_executable_is_not_given_the_keys_of_the_official_one() {
    let text = "addr: ':9090'\nlogging: {source: true}\ndbs: [{path: /a.db, replica: {path: /r, sign-payload: no}}]";
    let config = config::parse(text, &Source::new("litestream.yml", "/", Default::default())).unwrap();
    let official = config::render(&config).unwrap();
    assert!(["addr: :9090", "source: true", "sign-payload: false"].iter().all(|key| official.text.contains(key)));
    let ours = config::render(&config.without_official_keys()).unwrap();
    assert_eq!(read_back(&ours).warnings, [""; 0]);
}

#[test]
fn a_line_separator_that_readers_understand_differently_is_refused() {
    let message = config::render(&Config::new(vec![in_bucket("/a\u{2028}.db", None)], None)).unwrap_err().to_string();
    assert_eq!(message, "path: it contains a line separator, which cannot be written to a configuration file");
}

#[test]
fn the_file_is_its_owners_alone_and_replaced_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tmp/litestream.yml");
    let rendered = config::render(&Config::new(vec![in_bucket("/a.db", None)], None)).unwrap();
    rendered.write(&file).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    rendered.write(&file).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(&file).unwrap(), rendered.text);
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
}

/// Text of every kind of trouble: quotes, dollars, colons, hashes, other scripts, control characters.
fn text() -> impl Strategy<Value = String> {
    "[a-zé🦀 $'\"#:{}&*!|>%@`\\\\\t\n\r\u{1}\u{feff}-]{0,12}[a-z]"
}

fn absolute() -> impl Strategy<Value = PathBuf> {
    ("[a-z]{1,3}", text()).prop_map(|(dir, name)| PathBuf::from(format!("/{dir}/{name}")))
}

fn duration() -> impl Strategy<Value = Duration> {
    (1..i64::MAX as u64).prop_map(Duration::from_nanos)
}

fn any_credentials() -> impl Strategy<Value = Credentials> {
    let value = || "[a-z0-9 '\"$#:é\\\\/+=-]{0,12}[a-z0-9']";
    (value(), value())
        .prop_map(|(id, secret)| Credentials { access_key_id: id, secret_access_key: Secret::new(secret) })
}

fn s3() -> impl Strategy<Value = S3Config> {
    let endpoint = option::of(prop_oneof![Just("http://localhost:9000".into()), Just("https://s3.example.org".into())]);
    let words = ("[a-z][a-z0-9.-]{2,8}", text().prop_filter("no URL", |path| !path.contains("://")), "[a-z]{2}-[0-9]");
    let numbers = ((5u64 << 20)..1 << 40, 1usize..100);
    (words, endpoint, any::<[bool; 2]>(), option::of(any_credentials()), numbers, option::of("[A-Z_]{1,8}")).prop_map(
        |((bucket, path, region), endpoint, [force_path_style, skip_verify], credentials, numbers, storage_class)| {
            let (part_size, concurrency) = numbers;
            S3Config {
                bucket,
                path,
                region,
                endpoint,
                force_path_style,
                skip_verify,
                credentials,
                part_size,
                concurrency,
                storage_class,
            }
        },
    )
}

fn maintenance() -> impl Strategy<Value = MaintenanceConfig> {
    let retention = (duration(), duration()).prop_map(|(l0, snapshots)| Retention { l0, snapshots });
    (vec(duration(), 1..4), duration(), retention, duration(), any::<bool>()).prop_map(
        |(levels, snapshot_interval, retention, l0_check_interval, delete)| MaintenanceConfig {
            levels,
            snapshot_interval,
            retention,
            l0_check_interval,
            delete,
        },
    )
}

fn database(index: usize) -> impl Strategy<Value = DatabaseConfig> {
    let location = prop_oneof![
        s3().prop_map(move |s3| Location::S3(S3Config { path: format!("{index}{}", s3.path), ..s3 })),
        absolute().prop_map(move |path| Location::File { path: path.join(index.to_string()) }),
    ];
    let durations = (duration(), duration(), duration(), duration());
    let counts = (1u32.., 1u32.., 1u64..i64::MAX as u64, any::<bool>());
    (absolute(), absolute(), location, durations, counts).prop_map(move |(path, meta_path, location, times, counts)| {
        DatabaseConfig {
            path: path.join(index.to_string()),
            meta_path: meta_path.join(index.to_string()),
            monitor_interval: times.0,
            checkpoint_interval: times.1,
            busy_timeout: times.2,
            min_checkpoint_pages: counts.0,
            truncate_pages: counts.1,
            queue: QueueBounds::default(),
            max_sync_wal_bytes: counts.2,
            restore_if_absent: counts.3,
            maintenance: MaintenanceConfig::default(),
            replica: ReplicaConfig { sync_interval: times.3, ..ReplicaConfig::new(location) },
        }
    })
}

/// At the top, of the log and of a replica.
fn official() -> impl Strategy<Value = [OfficialKeys; 3]> {
    (option::of(text()), any::<bool>(), option::of(1i64..100)).prop_map(|(exec, source, files)| {
        let exec = exec.map(|exec| ("exec", exec.into()));
        let top = [("addr", ":9090".into()), ("heartbeat-interval", "5m".into())].into_iter().chain(exec);
        let files = files.map(|files| ("max-sync-ltx-files", files.into()));
        [top.collect(), [("source", source.into())].into(), files.into_iter().collect()]
    })
}

/// Levels and level 0 are the same everywhere; snapshots may differ.
fn with(mut database: DatabaseConfig, all: &MaintenanceConfig) -> DatabaseConfig {
    let snapshot_interval = database.checkpoint_interval.max(Duration::from_secs(1));
    let own = MaintenanceConfig { snapshot_interval, ..all.clone() };
    database.maintenance = if database.restore_if_absent { own } else { all.clone() };
    database
}

fn any_config() -> impl Strategy<Value = Config> {
    let databases = vec(any::<()>(), 1..4)
        .prop_flat_map(|list| list.iter().enumerate().map(|(index, ())| database(index)).collect::<Vec<_>>());
    let level = prop_oneof![Just("info"), Just("debug"), Just("error")];
    (databases, option::of(absolute()), level, any::<bool>(), duration(), official(), maintenance()).prop_map(
        |(mut databases, socket, level, json, shutdown_sync_timeout, [top, of_log, of_replica], maintenance)| {
            databases[0].replica.official = of_replica;
            Config {
                databases: databases.into_iter().map(|database| with(database, &maintenance)).collect(),
                logging: Logging { level: level.into(), json, official: of_log },
                shutdown_sync_timeout,
                maintenance,
                official: top,
                ..Config::new(Vec::new(), socket)
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_rendered_file_reads_back(config in any_config()) {
        let rendered = config::render(&config).unwrap();
        let read = Config { warnings: Vec::new(), ..read_back(&rendered) };
        prop_assert_eq!(read, config, "{}", rendered.text);
    }
}
