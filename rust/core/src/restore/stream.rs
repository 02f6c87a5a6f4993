//! The pages that a restore would write, for somebody who wants them otherwise.

use super::{
    Sink, Target, find_plan,
    replan::Replans,
    walk::{Reach, walk},
};
use crate::{Result, replica::Replica};

/// Streams the pages of a state into the sink that `make` makes, one for each attempt: when files vanish on the way, it
/// is planned again. What went into the sink is proven once this returns it. Errors are those of a restore.
pub async fn stream<S: Sink>(replica: &Replica, target: Target, make: impl Fn() -> S) -> Result<S> {
    let mut replans = Replans::default();
    loop {
        let attempt = async {
            let plan = find_plan(replica, target).await?;
            walk(replica, &plan, Reach::UntilComplete, make()).await.map(|(_, sink)| sink)
        };
        match attempt.await {
            Err(error) => replans.after(error).await?,
            streamed => return streamed,
        }
    }
}
