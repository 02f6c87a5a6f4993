//! The reference of all keys: it is what the table of keys says, it parses, and its defaults are the real ones.

use std::{fs, path::Path};

use litestream_core::config::{
    self, Config, Source, check,
    variables::{ACCESS_KEY_ID, BUCKET, SECRET_ACCESS_KEY},
};

fn source() -> Source {
    let variables = [(BUCKET, "backups"), (ACCESS_KEY_ID, "AKIDEXAMPLE"), (SECRET_ACCESS_KEY, "hunter2hunter2")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Source {
        socket: Some("/var/run/litestream.sock".into()),
        ..Source::new("litestream.yml", "/srv/app", variables.into())
    }
}

fn parse(text: &str) -> Config {
    config::parse(text, &source()).unwrap()
}

#[track_caller]
fn assert_up_to_date(file: &str, expected: &str, command: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    let found = fs::read_to_string(path).unwrap_or_default();
    assert!(found == expected, "{file} is out of date; write it with: {command} > {file}");
}

#[test]
fn the_files_in_the_repository_are_up_to_date() {
    assert_up_to_date("config/docs/litestream.yml", &config::reference(), "litestream config docs");
    assert_up_to_date("docs/configuration.md", &config::markdown(), "litestream config docs --markdown");
}

#[test]
fn the_defaults_in_the_reference_are_the_real_ones() {
    let minimal = "dbs:\n- path: storage/production.sqlite3\n  replica: {type: s3, path: my-app/production}\n";
    let reference = parse(&config::reference());
    assert_eq!(reference.warnings, [""; 0]);
    assert_eq!(reference, parse(minimal));
}

#[test]
fn every_key_that_is_commented_out_parses_too() {
    let text = config::reference();
    let lines: Vec<_> = text.lines().collect();
    let is_key = |line: &str| {
        let key = line.trim_start().strip_prefix("# ").and_then(|line| line.split_once(": "));
        key.is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'))
    };
    let commented: Vec<_> = (0..lines.len()).filter(|&line| is_key(lines[line])).collect();
    assert!(commented.len() > 8, "{commented:?}");
    for line in commented {
        let mut lines = lines.clone();
        let uncommented = lines[line].replacen("# ", "", 1);
        lines[line] = &uncommented;
        // Some keys exclude each other.
        let mistakes = check(&lines.join("\n"), &source()).mistakes;
        let is_excluded = |problem: &str| problem.contains("cannot be combined with") || problem.contains("is for dir");
        assert!(mistakes.iter().all(|mistake| is_excluded(&mistake.problem)), "{uncommented}: {mistakes:?}");
    }
}

/// The generator's template names no key that the reference does not have.
#[test]
fn the_file_of_the_generator_has_only_keys_of_the_reference() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../lib/generators/litestream/install/templates/litestream.yml.tt");
    let template = fs::read_to_string(path).unwrap();
    let filled = template.lines().filter(|line| !line.starts_with("<%-")).collect::<Vec<_>>().join("\n");
    let text = filled.replace("<%= \" []\" if databases.empty? %>", "");
    let checked = check(&text, &source());
    assert_eq!(checked.mistakes, []);
    assert_eq!(checked.warnings, []);
}
