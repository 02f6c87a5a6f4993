//! The `litestream` executable.

use std::process::ExitCode;

fn main() -> ExitCode {
    litestream_replicator::commands::main(std::env::args_os())
}
