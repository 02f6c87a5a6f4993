use litestream_core::{
    Result,
    config::variables::{Environment, Explicit, process_variables},
};
use serde::Serialize;

use super::output;

/// Show which variables are set; never their values
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct VariableLine {
    name: &'static str,
    /// `set`, `default` or `missing`.
    state: &'static str,
    required: bool,
}

/// Fails where a required variable is missing.
pub(crate) fn run(arguments: Arguments) -> Result<()> {
    let environment = Environment::resolve(&Explicit::default(), &process_variables());
    let lines = environment.report().into_iter().map(|report| VariableLine {
        name: report.name,
        state: if report.is_set() { "set" } else { report.origin.as_str() },
        required: report.required,
    });
    if arguments.json {
        output::json(&lines.collect::<Vec<_>>())?;
    } else {
        let needed = |required| if required { "required" } else { "" };
        output::table(
            ["variable", "state", ""],
            lines.map(|l| [l.name.into(), l.state.into(), needed(l.required).into()]),
        )?;
    }
    environment.require()
}
