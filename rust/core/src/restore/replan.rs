//! Compaction and retention work on the replica while we read it. What they take away is replaced by what a later
//! listing shows, so a vanished file means a new plan, and a gap may be a listing that was overtaken.

use std::time::Duration;

use tokio::time;

use super::{Plan, Target, plan};
use crate::{Error, Result, replica::Replica};

/// Plans made at most, and the pause before a new one.
const PLANS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 200 });

/// Lists the replica and plans; what a dry run shows.
pub async fn find_plan(replica: &Replica, target: Target) -> Result<Plan> {
    let mut listings = 1;
    loop {
        let mut files = replica.all_files().await?;
        if let Target::Time(_) = target {
            replica.accurate_times(&mut files).await?;
        }
        match plan(&files, target) {
            Ok(plan) => return Ok(plan),
            Err(error) if error.may_be_a_moving_listing() && listings < PLANS => listings += 1,
            Err(error) => return Err(error.at(replica.location(), target)),
        }
        time::sleep(PAUSE).await;
    }
}

/// Counts the plans that came to nothing because a file was gone.
#[derive(Default)]
pub(crate) struct Replans {
    failed: u32,
}

impl Replans {
    /// Waits a little if another plan may fare better; gives the error back if not.
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
