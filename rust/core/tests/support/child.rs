//! A test of its own process, for what a process reads once from its environment.

use std::{path::Path, process::Command};

/// Runs one test of this executable alone with these variables, and no others that concern certificates or Amazon.
/// Answers with what it [`report`]ed.
pub async fn outcome<V: AsRef<Path>>(
    test: &'static str,
    variables: impl IntoIterator<Item = (&'static str, V)>,
) -> String {
    let empty = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    let inherited = std::env::vars_os().map(|(name, _)| name);
    for name in inherited.filter(|name| name.to_str().is_some_and(|name| name.starts_with("AWS_"))) {
        child.env_remove(name);
    }
    child
        .args(["--exact", test, "--nocapture"])
        .env_remove("SSL_CERT_FILE")
        .env("SSL_CERT_DIR", empty.path())
        .env("HOME", empty.path())
        .envs(variables.into_iter().map(|(name, value)| (name, value.as_ref().to_owned())));
    let output = tokio::task::spawn_blocking(move || child.output().unwrap()).await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find_map(|line| Some(line.split_once("outcome: ")?.1.to_owned())).unwrap_or(text)
}

pub fn report(outcome: &str) {
    println!("\noutcome: {outcome}");
}
