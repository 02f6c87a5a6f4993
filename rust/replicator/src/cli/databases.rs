use litestream_core::Result;
use serde::Serialize;

use super::{
    output,
    settings::{ConfigArguments, kind},
};

/// List the databases of the configuration file
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Database {
    path: String,
    replica: &'static str,
}

pub(crate) fn run(arguments: Arguments, settings: &ConfigArguments) -> Result<()> {
    let config = settings.config()?;
    let databases = config.databases.iter().map(|d| Database { path: output::path(&d.path), replica: kind(d) });
    if arguments.json {
        return output::json(&databases.collect::<Vec<_>>());
    }
    output::table(["path", "replica"], databases.map(|d| [d.path, d.replica.into()]))
}
