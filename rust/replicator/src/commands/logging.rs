//! Events as lines on stderr.

use std::io;

use litestream_core::config::Logging;
use tracing_subscriber::{EnvFilter, fmt};

use super::settings::Settings;

/// `configured`: what the configuration file says, for commands that log by it.
pub(super) fn start(settings: &Settings, configured: Option<&Logging>) {
    let configured_level = configured.map_or("info", |logging| logging.level.as_str());
    let level = settings.log_level.as_deref().unwrap_or(configured_level);
    // Dependencies speak of their connections at every level; only their troubles matter here.
    let filter = EnvFilter::try_new(format!("warn,litestream_core={level},litestream_replicator={level}"));
    let subscriber = fmt()
        .with_writer(io::stderr)
        .with_ansi(false)
        .with_target(false)
        .with_env_filter(filter.unwrap_or_else(|_| EnvFilter::new("info")));
    // A second subscriber in one process (tests) is none of our business.
    let _ = match configured.is_some_and(|logging| logging.json) {
        true => subscriber.json().try_init(),
        false => subscriber.try_init(),
    };
}
