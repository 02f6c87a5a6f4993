//! `litestream-s3` as other languages use it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(more: &[&str]) -> (Process, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_litestream-s3"))
        .args(["--access-key-id", "AK", "--secret-access-key", "SK", "--bucket", "bucket"])
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the executable starts");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("its output");
    BufReader::new(stdout).read_line(&mut line).expect("its first line");
    let address = line.trim().strip_prefix("listening on http://").expect("an address").to_owned();
    (Process(child), address)
}

fn ended(process: &mut Process) -> bool {
    let limit = Instant::now() + Duration::from_secs(10);
    while Instant::now() < limit {
        if let Some(status) = process.0.try_wait().expect("its status") {
            return status.success();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

#[test]
fn it_says_where_it_listens_and_ends_on_sigterm() {
    let folder = tempfile::tempdir().expect("a folder");
    let port_file = folder.path().join("port");
    let (mut process, address) = start(&["--port-file", &port_file.to_string_lossy()]);
    let port = std::fs::read_to_string(&port_file).expect("the port file");
    assert!(address.ends_with(&format!(":{}", port.trim())), "{address} {port}");

    let mut stream = TcpStream::connect(&address).expect("a connection");
    write!(stream, "GET /_testkit/objects/bucket HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("[]"), "{answer}");

    let pid = process.0.id().to_string();
    let killed = Command::new("kill").args(["-TERM", &pid]).status().expect("kill");
    assert!(killed.success() && ended(&mut process));
}

#[test]
fn it_ends_with_its_standard_input_on_request() {
    let (mut process, _) = start(&["--until-stdin-ends"]);
    drop(process.0.stdin.take());
    assert!(ended(&mut process));
}
