use std::{fs, path::PathBuf};

use clap::Subcommand;
use litestream_core::{
    Error, Result,
    config::{Checked, check, markdown, reference},
};

use super::{output, settings::ConfigArguments};

/// Check a configuration file, or print the reference of its keys
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List every mistake of a configuration file with its line and column
    Check {
        /// [default: the file of -config]
        file: Option<PathBuf>,
    },
    /// Print a configuration file with every key, its meaning and its default
    Docs {
        /// Print a page instead
        #[arg(long)]
        markdown: bool,
    },
}

pub(crate) fn run(arguments: Arguments, settings: &ConfigArguments) -> Result<()> {
    match arguments.command {
        Command::Check { file } => check_file(file.unwrap_or_else(|| settings.config_path()), settings),
        Command::Docs { markdown: true } => output::line(markdown().trim_end()),
        Command::Docs { markdown: false } => output::line(reference().trim_end()),
    }
}

/// The list goes to standard output, one finding a line; an error follows where there are mistakes.
fn check_file(file: PathBuf, settings: &ConfigArguments) -> Result<()> {
    let text = fs::read_to_string(&file).map_err(Error::io("read", &file))?;
    let name = file.display().to_string();
    let Checked { mistakes, warnings } = check(&text, &settings.source(name.clone())?);
    let mut lines = String::new();
    for mistake in &mistakes {
        lines.push_str(&format!("{name}:{mistake}\n"));
    }
    for warning in &warnings {
        lines.push_str(&format!("{name}:{}:{}: warning: ", warning.line, warning.column));
        lines.push_str(&format!("{}: {}\n", warning.path, warning.problem));
    }
    if !lines.is_empty() {
        output::line(lines.trim_end())?;
    }
    match mistakes.len() {
        0 => Ok(()),
        1 => Err(Error::Config { place: name, problem: "has one mistake".into() }),
        many => Err(Error::Config { place: name, problem: format!("has {many} mistakes") }),
    }
}
