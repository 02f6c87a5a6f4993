//! Mistakes in `litestream.yml`: all of them, each with its place and a hint, none with a value.

use litestream_core::config::{
    self, Source, check,
    variables::{ACCESS_KEY_ID, BUCKET, SECRET_ACCESS_KEY, Variables},
};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG";

fn source() -> Source {
    let variables = [(BUCKET, "backups"), (ACCESS_KEY_ID, "AKIDEXAMPLE"), (SECRET_ACCESS_KEY, SECRET)];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Source::new("config/litestream.yml", "/srv/app", variables.into())
}

fn refusal(text: &str) -> String {
    config::parse(text, &source()).unwrap_err().to_string()
}

/// All mistakes of one text.
fn mistakes(text: &str) -> Vec<String> {
    check(text, &source()).mistakes.iter().map(ToString::to_string).collect()
}

#[test]
fn every_mistake_is_listed_with_line_and_column() {
    let text = "\
addr: 5
sync-interval: soon
snapshto: {interval: 1h}
dbs:
  - path: a.db
    busy-timeout: [1s]
    replica:
      bucket: b
      region: $LITESTREAM_REPLICA_BUCKET
      tpye: s3
      part-size: 1MiB
  - paht: b.db
  - path: c.db
    replica: {path: r, path: s}
  - {path: $LITESTREAM_REPLICA_BUCKET, replica: {bucket: b}, monitor-interval: 0}
  - path: d.db
    replica: {url: s3://b/d, bucket: x}
";
    let expected = [
        "2:16: sync-interval: is not a duration; write it like 500ms, 10s or 24h",
        "3:1: snapshto: unknown key; did you mean snapshot?",
        "6:19: dbs[0].busy-timeout: must be a single value: a duration",
        "10:7: dbs[0].replica.tpye: unknown key; did you mean type?",
        "11:18: dbs[0].replica.part-size: must be at least 5MiB",
        "12:5: dbs[1].paht: unknown key; did you mean path?",
        "14:24: dbs[2].replica.path: is set twice",
        "15:80: dbs[3].monitor-interval: must be longer than 0",
        "17:30: dbs[4].replica.bucket: cannot be combined with url; use one of them",
    ];
    assert_eq!(mistakes(text), expected);
    let error = refusal(text);
    assert!(error.starts_with("config/litestream.yml: has 9 mistakes\n  config/litestream.yml:2:16: sync-interval:"));
    assert_eq!(error.lines().count(), 10, "{error}");
}

#[test]
fn an_error_lists_a_bounded_number_of_mistakes() {
    let error = refusal(&(0..50).map(|number| format!("key{number}: x\n")).collect::<String>());
    assert_eq!(error.lines().count(), 22, "{error}");
    assert!(error.ends_with("and 31 more; `litestream config check` lists all"), "{error}");
}

#[test]
fn refusals_name_the_place_and_the_mistake() {
    for (text, expected) in [
        ("", "config/litestream.yml:1:1: dbs: lists no database"),
        ("dbs: {path: a.db}", "config/litestream.yml:1:6: dbs: must be a list; put a dash before each element"),
        ("dbs:\n- a.db", "config/litestream.yml:2:3: dbs[0]: must be a mapping; is a space missing after a colon?"),
        ("dbs:\n-", "config/litestream.yml:2:2: dbs[0]: is empty"),
        ("dbs: [{replica: {path: r}}]", "config/litestream.yml:1:7: dbs[0].path: missing"),
        ("dbs: [{path: a.db}]", "config/litestream.yml:1:7: dbs[0].replica: missing"),
        (
            "dbs: [{path: a.db, replica: {type: s3, bucket: [x]}}]",
            "1:48: dbs[0].replica.bucket: must be a single value",
        ),
        (
            "dbs: [{path: a.db, replica: {type: abs}}]",
            "1:30: dbs[0].replica.type: replicas of type abs are not supported",
        ),
        ("dbs: [{path: a.db, replica: {type: disk}}]", "1:30: dbs[0].replica.type: must be s3 or file"),
        ("dbs: [{path: a.db, replica: {url: 'gs://b/x'}}]", "dbs[0].replica.url: replicas of type gs are not"),
        ("dbs: [{path: a.db, replica: {path: 's3://b/x'}}]", "dbs[0].replica.path: is a URL; give it as url instead"),
        ("dbs: [{path: a.db, replica: {bucket: 'a b'}}]", "dbs[0].replica.bucket: a bucket name holds no ' '"),
        ("dbs: [{path: a.db, replica: {bucket: b, endpoint: 'ftp://h'}}]", "endpoint: an endpoint begins with http://"),
        ("dbs: [{path: a.db, replica: {path: r, sync-interval: 10}}]", "1:54: dbs[0].replica.sync-interval: is not a"),
        ("dbs: [{path: a.db, replica: {bucket: b, concurrency: 0}}]", "concurrency: must be between 1 and"),
        (
            "dbs: [{path: a.db, replica: {path: r}, replicas: [{path: s}]}]",
            "1:40: dbs[0].replicas: cannot be combined with",
        ),
        ("dbs: [{path: a.db, replicas: [{path: r}, {path: s}]}]", "dbs[0].replicas: lists 2; a database has one"),
        ("dbs: [{path: a.db, dir: x, replica: {path: r}}]", "1:20: dbs[0].dir: cannot be combined with path"),
        ("dbs: [{path: a.db, meta-dir: x, replica: {path: r}}]", "dbs[0].meta-dir: is for dir, not for path"),
        ("age: {identities: [x]}\ndbs: [{path: a.db, replica: {path: r}}]", "1:1: age: encryption with age is not"),
        (
            "dbs: [{path: a.db, replica: {sse-kms-key-id: k}}]",
            "sse-kms-key-id: encryption with a key of one's own is not",
        ),
        (
            "logging: {level: loud}\ndbs: [{path: a.db, replica: {path: r}}]",
            "1:18: logging.level: must be trace, debug",
        ),
        ("levels: [{}]\ndbs: [{path: a.db, replica: {path: r}}]", "1:10: levels[0].interval: missing"),
        (
            "snapshot: {interval: 0s}\ndbs: [{path: a.db, replica: {path: r}}]",
            "1:22: snapshot.interval: must be longer",
        ),
        ("dbs: [{path: a.db, replica: {<<: x}}]", "1:34: must be a mapping: << takes an alias of one"),
        ("dbs: [{path: a.db, replica: {path: r}}]\n---\nx: y", "2:1: holds a second document; keep one"),
        ("dbs:\n  - path: 'a.db\n", "is not YAML"),
        ("exec: b: c", "config/litestream.yml:1:"),
        ("a: *nowhere", "is not YAML"),
    ] {
        let message = refusal(text);
        assert!(message.contains(expected), "{text}\n  gave {message}\n  not  {expected}");
    }
}

#[test]
fn a_key_in_the_wrong_section_or_misspelt_gets_a_hint() {
    let replica = |key: &str| mistakes(&format!("dbs: [{{path: a.db, replica: {{path: r, {key}}}}}]")).join("\n");
    let top = |keys: &str| mistakes(&format!("{keys}\ndbs: [{{path: a.db, replica: {{path: r}}}}]")).join("\n");
    for (found, expected) in [
        (replica("monitor-interval: 1s"), "replica.monitor-interval: unknown key; it belongs in a database"),
        (replica("secret-access: x"), "secret-access: unknown key; did you mean secret-access-key?"),
        (replica("acces_key_id: x"), "acces_key_id: unknown key; did you mean access-key-id?"),
        (
            top("levels: [{interval: 30s, retention: 1h}]"),
            "1:26: levels[0].retention: a level has no retention of its own: snap",
        ),
        (
            top("snapshot-interval: 6h"),
            "unknown key; only Litestream v0.3 acts on it; write `snapshot: {interval: 6h}`",
        ),
        (top("busy-timeout: 1s"), "busy-timeout: unknown key; it belongs in a database"),
        (top("interval: 1s"), "interval: unknown key; it belongs in snapshot or levels[] or validation"),
        (top("databases: []"), "1:1: databases: unknown key"),
    ] {
        assert!(found.contains(expected), "{found}\n  not  {expected}");
    }
}

#[test]
fn keys_of_v03_in_a_replica_are_named_with_their_place_since_v05() {
    let replica = "{path: r, retention: 168h, snapshot-interval: 90m, retention-check-interval: 1h}";
    let checked = check(&format!("dbs: [{{path: a.db, replica: {replica}}}]"), &source());
    let warnings: Vec<_> = checked.warnings.iter().map(ToString::to_string).collect();
    let expected = [
        "1:39: dbs[0].replica.retention: has no effect: only Litestream v0.3 acts on it; write `snapshot: {retention: \
         168h}` at the top or in the database",
        "1:56: dbs[0].replica.snapshot-interval: has no effect: only Litestream v0.3 acts on it; write `snapshot: \
         {interval: 90m}` at the top or in the database",
        "1:80: dbs[0].replica.retention-check-interval: has no effect: only Litestream v0.3 acts on it; old snapshots go \
         after each new one",
    ];
    assert_eq!(warnings, expected);
    assert_eq!(checked.mistakes, []);
}

#[test]
fn databases_must_not_share_file_or_replica() {
    let two = |second: &str| format!("dbs:\n- {{path: a.db, replica: {{bucket: b, path: p}}}}\n- {second}");
    let replica = refusal(&two("{path: b.db, replica: {bucket: b, path: p/}}"));
    assert!(replica.contains(":3:16: dbs[1].replica: dbs[0] has the same replica s3://b/p"), "{replica}");
    let path = refusal(&two("{path: ./x/../a.db, replica: {path: q}}"));
    assert!(path.contains("dbs[1].path: dbs[0] has the same database /srv/app/a.db"), "{path}");
}

#[test]
fn a_value_missing_for_want_of_a_variable_says_so() {
    let source = Source { variables: Variables::new(), ..source() };
    let text = "dbs: [{path: a.db, replica: {type: s3, bucket: $LITESTREAM_REPLICA_BUCKET, path: a}}]";
    let message = config::parse(text, &source).unwrap_err().to_string();
    assert!(message.contains("1:40: dbs[0].replica.bucket: missing"), "{message}");
    assert!(
        message.contains("variables that the file refers to and that are not set: LITESTREAM_REPLICA_BUCKET"),
        "{message}"
    );
}

/// Each text twice: with the secret in a variable, and written out.
#[test]
fn secrets_never_show_in_errors_warnings_or_debug_output() {
    let replica = |keys: &str| format!("dbs: [{{path: a.db, replica: {{{keys}}}}}]");
    let texts = [
        replica("type: s3, bucket: b, SECRET: x"),
        replica("type: SECRET"),
        replica("url: SECRET"),
        replica("url: 's3://AKID:SECRET@b/p'"),
        replica("url: 's3://b/p?SECRET=1'"),
        replica("bucket: b, secret-access-key: SECRET, bukket: x"),
        replica("bucket: b, secret-access-key: [SECRET]"),
        replica("bucket: b, secret-access-key: {SECRET: x}"),
        replica("bucket: 'SECRET:x'"),
        replica("bucket: SECRET"),
        replica("bucket: b, endpoint: 'http://a:SECRET@h'"),
        replica("bucket: b, endpoint: 'h SECRET'"),
        replica("bucket: b, part-size: SECRET, concurrency: SECRET, skip-verify: SECRET"),
        replica("path: r, sync-interval: SECRET"),
        replica("path: r, retention: SECRET"),
        replica("path: r, name: SECRET"),
        "logging: {level: SECRET, type: SECRET}\n".to_owned() + &replica("path: r"),
        "dbs:\n- path: a.db\n  replica:\n    secret-access-key:SECRET\n".into(),
        "dbs:\n- path: a.db\n  replica:\n    bucket: b\n    secret-access-key:SECRET\n".into(),
        "SECRET".into(),
        "&SECRET x: *SECRET".into(),
        "- SECRET: *SECRET\n- !SECRET x".into(),
    ];
    for text in texts {
        for secret in ["$LITESTREAM_SECRET_ACCESS_KEY", SECRET] {
            let text = text.replace("SECRET", secret);
            let shown = match config::parse(&text, &source()) {
                Ok(config) => format!("{:?} {config:?}", config.warnings),
                Err(error) => format!("{error} {error:?} {:?}", check(&text, &source())),
            };
            assert!(!shown.contains("wJalrXU"), "{text} gave {shown}");
        }
    }
}
