//! Keeps the replica of one database small: compaction, snapshots and retention, each when it is due and has work. No
//! commit depends on it, so failures are reported and retried.

use std::{convert::Infallible, fs, sync::Arc, time::Duration};

use litestream_core::{Error, Result, backoff::Backoff, clock, failpoint};
use ltx::{PageSize, Timestamp, Txid};
use tokio::{sync::watch, time::sleep};

use super::{
    context::Context,
    jobs::{Left, awaits_merging, perform},
    on_demand::answer,
    repair::{ensure_certain, span_page_sizes},
    schedule::{FIRST_PAUSE, JobSchedule, LONGEST_PAUSE},
};
use crate::{stage::TEMPORARY_PREFIX, status::Status};

/// The wall clock may be set while we sleep.
const LONGEST_SLEEP: Duration = Duration::from_secs(600);

/// The state at the beginning of a round.
#[derive(Clone, Copy)]
struct Seen {
    mergeable: Option<Txid>,
    page_size: Option<PageSize>,
}

/// Future work, as known at the end of a round.
struct RoundOutcome {
    /// `None`: nothing without a new transaction.
    due: Option<Timestamp>,
    /// True if level 1 lacks transactions, so that new ones change nothing.
    awaits_merging: bool,
}

/// Performs the jobs of one database, one after another, until it is dropped.
pub async fn run(context: &Context<'_>, schedule: &mut JobSchedule<'_>) -> Infallible {
    remove_leftovers(context);
    context.report_unmerged();
    let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
    loop {
        let (mut status, mut held) = (context.status.subscribe(), context.pins.subscribe());
        let seen = see(context, &status.borrow_and_update());
        match round(context, schedule).await {
            Ok(next) => {
                backoff.reset();
                report_recovery(context, schedule);
                tokio::select! {
                    () = rest(context, next, seen, status) => {}
                    // An unpinned transaction may be merged with later ones. The sender is ours.
                    _ = held.changed() => {}
                    reply_to = context.snapshot_requests.next() => answer(context, reply_to).await,
                }
            }
            Err(error) => {
                // The process is ending.
                if !matches!(error, Error::Cancelled) {
                    tracing::warn!(kind = "maintenance_failed", replica = context.replica.location(), %error, "maintenance failed; it will be tried again");
                    context.status.send_modify(|status| status.maintenance_problem = Some(Arc::new(error)));
                }
                tokio::select! {
                    () = sleep(backoff.pause()) => {}
                    reply_to = context.snapshot_requests.next() => answer(context, reply_to).await,
                }
            }
        }
    }
}

fn see(context: &Context<'_>, status: &Status) -> Seen {
    Seen { mergeable: context.pins.mergeable(status.acknowledged), page_size: status.page_size }
}

/// Does everything that is due.
async fn round(context: &Context<'_>, schedule: &mut JobSchedule<'_>) -> Result<RoundOutcome> {
    failpoint!("task: maintenance", context.database);
    ensure_certain(context).await.inspect_err(|error| context.manifest.doubt_after(error))?;
    let worked = work_off(context, schedule).await;
    context.report_stuck_merging(schedule.is_behind_with_level_1());
    // Merges end where page sizes change, so nothing else waits for this.
    let spanned = span_page_sizes(context).await.inspect_err(|error| context.manifest.doubt_after(error));
    spanned.and(worked)
}

async fn work_off(context: &Context<'_>, schedule: &mut JobSchedule<'_>) -> Result<RoundOutcome> {
    loop {
        let files = context.files(context.pins.mergeable(context.newest_acknowledged()));
        let now = clock::now();
        let job = match schedule.next(&files) {
            Some((due, job)) if due <= now => job,
            later => {
                return Ok(RoundOutcome { due: later.map(|(due, _)| due), awaits_merging: awaits_merging(&files) });
            }
        };
        schedule.begin(job);
        match perform(context, &job, &files, now).await {
            // The rest of a large merge is still due.
            Ok(Left::More) => {}
            Ok(Left::Nothing) => schedule.done(&job, now),
            Err(error) => {
                // A refusal is looked into once. Nothing new is seen by listing again after each one.
                if error.leaves_replica_unknown() || !schedule.has_failed(job) {
                    context.manifest.lock().doubt();
                }
                schedule.put_off(job, now);
                return Err(error);
            }
        }
    }
}

fn report_recovery(context: &Context<'_>, schedule: &JobSchedule<'_>) {
    if !schedule.is_behind() {
        context.status.send_if_modified(|status| {
            let failure = status.maintenance_failure.take();
            status.maintenance_problem.take().or(failure).is_some()
        });
    }
}

/// Until the next job is due, the database got another page size or, as long as level 1 has everything, there is
/// more to do.
async fn rest(context: &Context<'_>, next: RoundOutcome, seen: Seen, mut status: watch::Receiver<Status>) {
    let pause = next.due.map_or(LONGEST_SLEEP, |due| due.since(clock::now())).min(LONGEST_SLEEP);
    let listening = next.due.is_none() || !next.awaits_merging;
    let is_more = |status: &Status| {
        let now = see(context, status);
        (listening && now.mergeable != seen.mergeable) || now.page_size != seen.page_size
    };
    let more = async {
        if status.wait_for(is_more).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = sleep(pause) => {}
        () = more => {}
    }
}

fn remove_leftovers(context: &Context<'_>) {
    let Ok(entries) = fs::read_dir(context.scratch) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(TEMPORARY_PREFIX)) {
        failpoint!("maintenance: before a leftover goes");
        if let Err(error) = fs::remove_file(entry.path()) {
            tracing::warn!(path = %entry.path().display(), %error, "cannot remove what an earlier process left");
        }
    }
}
