use std::time::Duration;

use litestream_core::{
    Error, Result,
    verify::{Journal, Verification},
};
use serde::Serialize;

use super::{output, settings::ConfigArguments, socket::SocketArgument};

/// Prove that the replica restores to the running database, page by page
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    socket: SocketArgument,
    /// How long the replicator may take to have everything acknowledged
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    timeout: u64,
    #[arg(value_name = "DB_PATH")]
    path: String,
}

#[derive(Serialize)]
struct VerifyReport {
    path: String,
    txid: String,
    page_size: u32,
    pages: u32,
    files: usize,
    downloaded_bytes: u64,
    duration_ms: u128,
}

pub(crate) async fn run(arguments: Arguments, settings: &ConfigArguments) -> Result<()> {
    let subject = settings.subject(&arguments.path)?;
    let Some(database) = subject.path else {
        let problem = "a running database is verified; give its path, as in the configuration file".into();
        return Err(Error::Config { place: arguments.path, problem });
    };
    let verification = Verification {
        socket: arguments.socket.path(settings),
        database: database.clone(),
        replica: &subject.replica,
        timeout: Duration::from_secs(arguments.timeout),
        journal: Journal::of(&subject.database.meta_path),
        id: None,
    };
    let verified = verification.run().await?;
    let report = VerifyReport {
        path: output::path(&database),
        txid: verified.txid.to_string(),
        page_size: verified.page_size.get(),
        pages: verified.pages,
        files: verified.files,
        downloaded_bytes: verified.downloaded_bytes,
        duration_ms: verified.duration.as_millis(),
    };
    if arguments.socket.json {
        return output::json(&report);
    }
    let VerifyReport { path, txid, pages, files, duration_ms, .. } = report;
    output::line(format!("verified {path} at TXID {txid}: {pages} pages, from {files} files, in {duration_ms} ms"))
}
