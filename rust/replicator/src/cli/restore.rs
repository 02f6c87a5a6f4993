use std::path::PathBuf;

use litestream_core::{
    Error, Result,
    restore::{IntegrityCheck, Plan, Restoration, RestoreOutcome, Restored, Target, find_plan},
};
use ltx::{Timestamp, Txid};
use serde::Serialize;

use super::{
    output,
    settings::{ConfigArguments, Subject, kind},
};
use crate::sqlite::CopyChecker;

/// Bring a database back from its replica
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Where the database shall lie [default: where the configuration file has it]
    #[arg(short, value_name = "PATH")]
    output: Option<PathBuf>,
    /// The state right after this transaction (16 hex digits)
    #[arg(long, conflicts_with = "timestamp")]
    txid: Option<Txid>,
    /// The state at this moment, such as 2026-11-22T19:57:15Z
    #[arg(long)]
    timestamp: Option<Timestamp>,
    /// Do nothing, successfully, if the database exists
    #[arg(long)]
    if_db_not_exists: bool,
    /// Do nothing, successfully, if nothing was ever replicated
    #[arg(long)]
    if_replica_exists: bool,
    /// Print what would be read, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Move an existing database aside instead of refusing; it is kept
    #[arg(long)]
    force: bool,
    /// SQLite's own check of the result: none, quick or full
    #[arg(long, value_name = "MODE", default_value = "quick")]
    integrity_check: IntegrityCheck,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Has no effect; downloads are parallel in bounded memory
    #[arg(long, hide = true)]
    parallelism: Option<u32>,
    /// Path of a configured database, or URL of a replica
    #[arg(value_name = "DB_PATH|REPLICA_URL")]
    subject: String,
}

#[derive(Serialize)]
struct RestoreReport {
    db_path: String,
    replica: &'static str,
    txid: String,
    duration_ms: u128,
    integrity_check: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<String>,
}

#[derive(Serialize)]
struct DryRun<'a> {
    source: &'a str,
    target_path: String,
    replica: &'static str,
    #[serde(flatten)]
    plan: Plan,
}

pub(crate) async fn run(arguments: Arguments, settings: &ConfigArguments) -> Result<()> {
    let Subject { path, database, replica } = settings.subject(&arguments.subject)?;
    let Some(output) = arguments.output.clone().or(path) else {
        let problem = "a replica's URL does not say where the database shall lie; give -o PATH".into();
        return Err(Error::Config { place: "restore".into(), problem });
    };
    let target = match (arguments.txid, arguments.timestamp) {
        (Some(txid), _) => Target::Txid(txid),
        (None, Some(time)) => Target::Time(time),
        (None, None) => Target::Latest,
    };
    if arguments.dry_run {
        let plan = find_plan(&replica, target).await?;
        return show_plan(
            &arguments,
            DryRun { source: &arguments.subject, target_path: output::path(&output), replica: kind(&database), plan },
        );
    }
    let restoration = Restoration {
        replica: &replica,
        target,
        output,
        force: arguments.force,
        if_db_not_exists: arguments.if_db_not_exists,
        if_replica_exists: arguments.if_replica_exists,
        integrity: arguments.integrity_check,
        checker: &CopyChecker,
    };
    match restoration.run().await? {
        RestoreOutcome::Restored(restored) => show_restored(&arguments, kind(&database), restored),
        RestoreOutcome::DatabaseExists => {
            tracing::info!("database already exists, skipping");
            Ok(())
        }
        RestoreOutcome::NoReplica => {
            tracing::info!("nothing was ever replicated, skipping");
            Ok(())
        }
    }
}

fn show_plan(arguments: &Arguments, dry_run: DryRun) -> Result<()> {
    if arguments.json {
        return output::json(&dry_run);
    }
    output::line(format!("{} from {}", dry_run.target_path, dry_run.source))?;
    output::line(dry_run.plan.to_string().trim_end())
}

fn show_restored(arguments: &Arguments, replica: &'static str, restored: Restored) -> Result<()> {
    let kept = restored.kept.as_deref().map(output::path);
    let report = RestoreReport {
        db_path: output::path(&restored.path),
        replica,
        txid: restored.txid.to_string(),
        duration_ms: restored.duration.as_millis(),
        integrity_check: arguments.integrity_check.name(),
        kept,
    };
    if arguments.json {
        return output::json(&report);
    }
    let RestoreReport { db_path, txid, duration_ms, .. } = &report;
    let (pages, size) = (restored.pages, output::size(restored.bytes));
    output::line(format!("restored {db_path} to TXID {txid}: {pages} pages, {size}, in {duration_ms} ms"))?;
    match report.kept {
        Some(kept) => output::line(format!("the former database is kept as {kept}")),
        None => Ok(()),
    }
}
