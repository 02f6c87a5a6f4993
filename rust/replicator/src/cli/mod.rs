//! The command line: arguments in, calls, text or JSON out. A superset of official Litestream's, so that scripts and
//! habits carry over. Errors go to stderr as `Error: …`; the exit status says which kind (see `litestream_core::Error`).

mod arguments;
mod config;
mod databases;
mod environment;
mod generations;
mod info;
mod integrity_check;
mod list;
mod logging;
mod ltx;
mod open_files;
mod output;
mod replicate;
mod restore;
mod settings;
mod signals;
mod snapshots;
mod socket;
mod status;
mod sync;
mod verify;
mod version;

use std::{ffi::OsString, io::Write, process::ExitCode};

use clap::{Parser, Subcommand};
use litestream_core::{Error, Result};
use tokio::runtime;

use settings::ConfigArguments;
use signals::Signals;

/// Replicates SQLite databases, and brings them back.
#[derive(Parser)]
#[command(name = "litestream", version, disable_version_flag = true, subcommand_required = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    settings: ConfigArguments,
}

#[derive(Subcommand)]
enum Command {
    CheckCopy(integrity_check::Arguments),
    Config(config::Arguments),
    Databases(databases::Arguments),
    Env(environment::Arguments),
    Generations(generations::Arguments),
    Info(info::Arguments),
    List(list::Arguments),
    #[command(visible_alias = "wal")]
    Ltx(ltx::Arguments),
    Replicate(replicate::Arguments),
    Restore(restore::Arguments),
    Snapshots(snapshots::Arguments),
    Status(status::Arguments),
    Sync(sync::Arguments),
    Verify(verify::Arguments),
    Version(version::Arguments),
}

/// Runs one command; `arguments` begin with the program's name.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let parsed = CommandLine::try_parse_from(arguments::with_two_dashes(arguments));
    let outcome = parsed.map_err(Failure::Usage).and_then(|line| run(line).map_err(Failure::Command));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(error)) => {
            // Asking for help is no error; clap knows where each goes.
            let _ = error.print();
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
        }
        Err(Failure::Command(error)) => {
            let _ = writeln!(std::io::stderr(), "Error: {error}");
            ExitCode::from(error.exit_status())
        }
    }
}

enum Failure {
    Usage(clap::Error),
    Command(Error),
}

fn run(CommandLine { command, settings }: CommandLine) -> Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(Error::io("start", "runtime"))?;
    runtime.block_on(async {
        let signals = Signals::listen()?;
        match command {
            Command::Replicate(arguments) => replicate::run(arguments, &settings, signals).await,
            command => {
                logging::start(&settings, None);
                signals.or_cancelled(dispatch(command, &settings)).await
            }
        }
    })
}

async fn dispatch(command: Command, settings: &ConfigArguments) -> Result<()> {
    match command {
        Command::CheckCopy(arguments) => integrity_check::run(arguments).await,
        Command::Config(arguments) => config::run(arguments, settings),
        Command::Databases(arguments) => databases::run(arguments, settings),
        Command::Env(arguments) => environment::run(arguments),
        Command::Generations(arguments) => generations::run(arguments, settings).await,
        Command::Info(arguments) => info::run(arguments, settings).await,
        Command::List(arguments) => list::run(arguments, settings).await,
        Command::Ltx(arguments) => ltx::run(arguments, settings).await,
        Command::Replicate(_) => Ok(()),
        Command::Restore(arguments) => restore::run(arguments, settings).await,
        Command::Snapshots(arguments) => snapshots::run(arguments, settings).await,
        Command::Status(arguments) => status::run(arguments, settings).await,
        Command::Sync(arguments) => sync::run(arguments, settings).await,
        Command::Verify(arguments) => verify::run(arguments, settings).await,
        Command::Version(arguments) => version::run(arguments),
    }
}
