//! The S3 server is judged by boto3, a client that shares no code with it.

use std::path::{Path, PathBuf};
use std::process::Command;

use litestream_testkit::cache;
use litestream_testkit::s3::{Options, S3Server};
use litestream_testkit::skip::skipped;

/// The oldest version with the internal parts that the checks use.
const IMPORT: &str =
    "import boto3; assert tuple(map(int, boto3.__version__.split('.')[:2])) >= (1, 42), boto3.__version__";

/// A Python with boto3.
struct Python {
    packages: PathBuf,
    /// The authority to trust instead of the system's.
    authority: Option<PathBuf>,
}

impl Python {
    /// Takes boto3 from the system or the cache, else from PyPI.
    fn with_boto3() -> Result<Self, String> {
        let python = Self { packages: cache::folder().join("boto3"), authority: None };
        if python.run(&["-c", IMPORT]).is_ok() {
            return Ok(python);
        }
        let target = python.packages.to_string_lossy().into_owned();
        python.run(&["-m", "pip", "install", "--quiet", "--upgrade", "--target", &target, "boto3"])?;
        python.run(&["-c", IMPORT])?;
        Ok(python)
    }

    fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let mut command = Command::new("python3");
        command.args(arguments).env("PYTHONPATH", &self.packages).env("PYTHONDONTWRITEBYTECODE", "1");
        if let Some(authority) = &self.authority {
            command.env("AWS_CA_BUNDLE", authority);
        }
        let output = command.output().map_err(|error| format!("python3: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        if output.status.success() { Ok(text.into_owned()) } else { Err(text.into_owned()) }
    }

    fn judge(&self, checks: &str, server: &S3Server) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judge/judge.py");
        let verdict = self.run(&[
            &script.to_string_lossy(),
            checks,
            &server.endpoint(),
            server.access_key_id(),
            server.secret_access_key(),
        ]);
        match verdict {
            Ok(text) => print!("{text}"),
            Err(text) => panic!("{text}"),
        }
    }
}

#[test]
fn boto3_finds_an_s3_server_in_memory_and_in_a_folder() {
    let python = match Python::with_boto3() {
        Ok(python) => python,
        Err(why) => return skipped(format!("boto3 can't be had: {why}")),
    };
    let memory = S3Server::start(Options::default()).expect("a server in memory");
    for checks in ["objects", "listings", "uploads", "faults"] {
        python.judge(checks, &memory);
    }

    let folder = tempfile::tempdir().expect("a folder");
    let options = Options { folder: Some(folder.path().into()), ..Options::default() };
    let server = S3Server::start(options.clone()).expect("a server in a folder");
    python.judge("before_restart", &server);
    drop(server);
    let server = S3Server::start(options).expect("the next server in that folder");
    for checks in ["after_restart", "objects", "uploads"] {
        python.judge(checks, &server);
    }

    // Over https boto3 sends its checksums in trailers.
    let server = S3Server::start(Options { tls: true, ..Options::default() }).expect("a server with TLS");
    let authority = folder.path().join("authority.pem");
    std::fs::write(&authority, server.authority_pem().expect("its authority")).expect("a file");
    Python { authority: Some(authority), ..python }.judge("uploads", &server);
}
