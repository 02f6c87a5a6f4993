//! Retries of a read while compaction and retention change the replica. A later listing shows the replacement of a
//! deleted file, so a vanished file means a new plan. A gap may come from an outdated listing.

use std::time::Duration;

use tokio::time;

use super::{Plan, PlanError, Target, missing, plan};
use crate::{
    Error, Result,
    replica::{Replica, ReplicaFile},
};

/// Most plans, and the pause before another one.
const PLANS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 200 });

/// Lists the replica and plans; a dry run shows the result.
pub async fn find_plan(replica: &Replica, target: Target) -> Result<Plan> {
    let mut listings = 1;
    loop {
        let mut files = replica.all_files().await?;
        if let Target::Time(_) = target {
            replica.accurate_times(&mut files).await?;
        }
        match plan(&files, target) {
            // An upload in progress will be complete in a moment.
            Ok(plan) if plan_ends_before_newest(&plan, &files, target) && listings < PLANS => listings += 1,
            Ok(plan) => {
                if plan_ends_before_newest(&plan, &files, target) {
                    let missing = missing(&files).map(|range| range.to_string());
                    tracing::warn!(
                        replica = replica.location(), txid = %plan.txid(), missing,
                        "restoring the newest acknowledged state; later files follow a gap, because their writer ended during the upload"
                    );
                }
                return Ok(plan);
            }
            Err(PlanError::NoFiles) => {
                replica.expect_no_legacy().await?;
                return Err(PlanError::NoFiles.at(replica.location(), target));
            }
            Err(error) if error.may_be_a_moving_listing() && listings < PLANS => listings += 1,
            Err(error) => return Err(error.at(replica.location(), target)),
        }
        time::sleep(PAUSE).await;
    }
}

fn plan_ends_before_newest(plan: &Plan, files: &[ReplicaFile], target: Target) -> bool {
    target == Target::Latest && files.iter().any(|file| file.txids.max() > plan.txid())
}

/// Counts the plans that failed because a file had vanished.
#[derive(Default)]
pub(crate) struct Replans {
    failed: u32,
}

impl Replans {
    /// Pauses if another plan may succeed; otherwise returns the error.
    pub(crate) async fn after(&mut self, error: Error) -> Result<()> {
        self.failed += 1;
        let vanished = matches!(&error, Error::Store(error) if error.is_not_found());
        if !vanished || self.failed == PLANS {
            return Err(error);
        }
        tracing::info!(%error, "a file of the replica is gone, planning again");
        time::sleep(PAUSE).await;
        Ok(())
    }
}
