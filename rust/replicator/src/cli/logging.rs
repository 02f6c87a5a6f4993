//! Events as lines on stderr, and into the chronicle of a process that replicates.

use std::io;

use litestream_core::config::Logging;
use tracing_subscriber::{EnvFilter, Layer, fmt, layer::SubscriberExt, registry, util::SubscriberInitExt};

use super::settings::ConfigArguments;
use crate::telemetry::Chronicle;

/// `configured`: what the configuration file says, and what keeps the events, for the command that replicates.
pub(crate) fn start(settings: &ConfigArguments, configured: Option<(&Logging, &Chronicle)>) {
    let (logging, chronicle) = configured.unzip();
    let configured_level = logging.map_or("info", |logging| logging.level.as_str());
    let level = settings.log_level.as_deref().unwrap_or(configured_level);
    // Dependencies log their connections at every level; only warnings matter here. Those of the AWS libraries repeat in their
    // terms what becomes an error of ours, or what a retry healed.
    let filter = EnvFilter::try_new(format!("warn,aws=off,litestream_core={level},litestream_replicator={level}"));
    let filter = filter.unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(false).with_target(false);
    let lines = match logging.is_some_and(|logging| logging.json) {
        true => lines.json().with_filter(filter).boxed(),
        false => lines.with_filter(filter).boxed(),
    };
    // A second subscriber in one process (tests) is none of our business.
    let _ = registry().with(lines).with(chronicle.map(Chronicle::layer)).try_init();
}
