use litestream_core::{
    Error, Result,
    config::{Config, variables::process_variables},
    process::parent_watch,
};

use super::{logging, open_files, settings::ConfigArguments, signals::Signals};
use crate::{process, telemetry::Chronicle};

/// Replicate until SIGTERM or SIGINT, then once more
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Instead of the databases of the configuration file
    #[arg(value_names = ["DB_PATH", "REPLICA_URL"], num_args = 0..=2)]
    database: Vec<String>,
    /// Restore each database that does not exist, if there is a replica of it
    #[arg(long)]
    restore_if_db_not_exists: bool,
}

pub(crate) async fn run(arguments: Arguments, settings: &ConfigArguments, mut signals: Signals) -> Result<()> {
    let mut config = match &arguments.database[..] {
        [] => settings.config()?,
        [path, url] => Config::new(vec![settings.at_url(path, url)?], None),
        _ => {
            let problem = "give a database and the URL of its replica, or neither".into();
            return Err(Error::Config { place: "replicate".into(), problem });
        }
    };
    for database in &mut config.databases {
        database.restore_if_absent |= arguments.restore_if_db_not_exists;
    }
    let chronicle = Chronicle::default();
    logging::start(settings, Some((&config.logging, &chronicle)));
    open_files::raise_limit();
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let variables = process_variables();
    let shutdown = async move {
        tokio::select! {
            () = signals.next() => {}
            () = parent_watch::gone(&variables) => tracing::warn!("the process that supervised this one is gone; ending after a last sync"),
        }
    };
    process::run(config, chronicle, shutdown).await
}
