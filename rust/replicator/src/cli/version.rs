use litestream_core::Result;

use super::output;

/// Print the version
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// With the versions of what is inside
    #[arg(long)]
    verbose: bool,
}

pub(crate) fn run(Arguments { verbose }: Arguments) -> Result<()> {
    if !verbose {
        return output::line(env!("CARGO_PKG_VERSION"));
    }
    output::line(format!("Version: {}", env!("CARGO_PKG_VERSION")))?;
    output::line(format!("SQLite:  {}", rusqlite::version()))?;
    output::line(format!("OS/Arch: {}/{}", std::env::consts::OS, std::env::consts::ARCH))
}
