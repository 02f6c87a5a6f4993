//! `litestream config check` and `litestream config docs`.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

fn litestream(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_litestream")).args(arguments).current_dir(folder).env_clear().output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn check_lists_mistakes_and_warnings_with_line_and_column_and_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let yaml = "addr: ':9090'\nbusy-timeout: 1s\ndbs:\n- paht: a.db\n  replica: {path: r}\n";
    fs::write(folder.path().join("c.yml"), yaml).unwrap();
    for arguments in [&["config", "check", "c.yml"][..], &["config", "check", "-config", "c.yml"]] {
        let output = litestream(folder.path(), arguments);
        assert_eq!(
            text(&output.stdout),
            "c.yml:2:1: busy-timeout: unknown key; it belongs in a database\n\
             c.yml:4:3: dbs[0].paht: unknown key; did you mean path?\n\
             c.yml:1:1: warning: addr: has an effect on the official litestream executable only\n"
        );
        assert_eq!(text(&output.stderr), "Error: c.yml: has 2 mistakes\n");
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
fn check_is_silent_about_a_file_without_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("c.yml"), "dbs: [{path: a.db, replica: {path: r}}]").unwrap();
    let output = litestream(folder.path(), &["config", "check", "c.yml"]);
    assert_eq!((text(&output.stdout), text(&output.stderr), output.status.code()), ("", "", Some(0)));
    assert_eq!(litestream(folder.path(), &["config", "check", "absent.yml"]).status.code(), Some(1));
}

#[test]
fn docs_print_a_file_that_check_accepts() {
    let folder = tempfile::tempdir().unwrap();
    let output = litestream(folder.path(), &["config", "docs"]);
    let expected =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/docs/litestream.yml")).unwrap();
    assert_eq!(text(&output.stdout), expected);
    let page = litestream(folder.path(), &["config", "docs", "-markdown"]);
    assert!(text(&page.stdout).starts_with("# Configuration\n"));
}
