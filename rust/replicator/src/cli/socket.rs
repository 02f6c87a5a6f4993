//! Flags of the commands that ask a running replicator.

use std::{path::PathBuf, time::Duration};

use litestream_core::control::Client;

use super::settings::ConfigArguments;

#[derive(clap::Args)]
pub(crate) struct SocketArgument {
    /// The control socket [default: what the configuration file says, else /var/run/litestream.sock]
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl SocketArgument {
    pub(crate) fn path(&self, settings: &ConfigArguments) -> PathBuf {
        settings.socket(self.socket.clone())
    }

    /// `timeout`: for requests that carry none of their own.
    pub(crate) fn client(&self, settings: &ConfigArguments, timeout: Duration) -> Client {
        Client::new(self.path(settings)).with_timeout(timeout)
    }
}
