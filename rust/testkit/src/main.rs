//! `litestream-s3`: the test kit's S3 server as a process, for tests in other languages and demos.
//!
//! Prints one line, `listening on http://ADDRESS` (or `https://…`), once it accepts connections.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use litestream_testkit::s3::{Options, S3Server};
use tokio::signal::unix::{SignalKind, signal};

/// An S3 server for tests. Control endpoint (JSON, unsigned): /_testkit/{requests,counts,faults,objects}
#[derive(Parser)]
struct Arguments {
    /// Address to listen on; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Key id that may sign requests.
    #[arg(long)]
    access_key_id: String,
    /// Secret of that key.
    #[arg(long)]
    secret_access_key: String,
    /// Bucket that exists from the start (may be repeated).
    #[arg(long = "bucket")]
    buckets: Vec<String>,
    /// Keep the data in this folder; without it, in memory.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Host name under which BUCKET.name addresses a bucket (may be repeated).
    #[arg(long = "base-host", default_value = "localhost")]
    base_hosts: Vec<String>,
    /// Speak HTTPS, and write the certificate (PEM) of the authority to trust into this file.
    #[arg(long)]
    tls_authority_file: Option<PathBuf>,
    /// Write the port into this file once it listens.
    #[arg(long)]
    port_file: Option<PathBuf>,
    /// End when standard input ends, so that the server never outlives what started it.
    #[arg(long)]
    until_stdin_ends: bool,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("litestream-s3: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> std::io::Result<()> {
    let server = S3Server::start(Options {
        listen: arguments.listen,
        access_key_id: arguments.access_key_id,
        secret_access_key: arguments.secret_access_key,
        buckets: arguments.buckets,
        folder: arguments.dir,
        base_hosts: arguments.base_hosts,
        tls: arguments.tls_authority_file.is_some(),
    })?;
    // Handlers first: who has read our line may send a signal at once.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let _guard = runtime.enter();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (input_ended, mut input_end) = tokio::sync::mpsc::channel::<()>(1);
    if arguments.until_stdin_ends {
        std::thread::spawn(move || {
            // Any end will do, an error too.
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            drop(input_ended);
        });
    } else {
        std::mem::forget(input_ended);
    }
    if let (Some(path), Some(pem)) = (arguments.tls_authority_file, server.authority_pem()) {
        std::fs::write(path, pem)?;
    }
    if let Some(path) = arguments.port_file {
        write_port(&path, server.address().port())?;
    }
    let mut out = std::io::stdout();
    writeln!(out, "listening on {}", server.endpoint())?;
    out.flush()?;
    runtime.block_on(async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = input_end.recv() => {}
        }
    });
    Ok(())
}

/// Writes by rename, so that a reader never sees half a number.
fn write_port(path: &std::path::Path, port: u16) -> std::io::Result<()> {
    let temporary = path.with_extension("new");
    std::fs::write(&temporary, format!("{port}\n"))?;
    std::fs::rename(temporary, path)
}
