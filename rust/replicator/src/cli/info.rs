use std::time::Duration;

use litestream_core::Result;

use super::{output, settings::ConfigArguments, socket::SocketArgument};

/// Show a running replicator
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    socket: SocketArgument,
    /// Longest wait
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    timeout: u64,
}

pub(crate) async fn run(Arguments { socket, timeout }: Arguments, settings: &ConfigArguments) -> Result<()> {
    let info = socket.client(settings, Duration::from_secs(timeout)).info().await?;
    if socket.json {
        return output::json(&info);
    }
    output::line(format!("version:   {}", info.version))?;
    output::line(format!("pid:       {}", info.pid))?;
    output::line(format!("started:   {} ({} s ago)", info.started_at, info.uptime_seconds))?;
    output::line(format!("databases: {}", info.database_count))
}
