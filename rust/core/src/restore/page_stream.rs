//! Streams a state's pages to a caller that needs no file.

use super::{
    PageSink, Target,
    apply::{Reach, apply},
    find_plan,
    retry::Replans,
};
use crate::{Result, replica::Replica};

/// Streams the pages of a state into the sink that `make` returns, one for each attempt: files that vanish lead to a
/// new plan. The pages are checked once this returns the sink. Errors are those of a restore.
pub async fn stream<S: PageSink>(replica: &Replica, target: Target, make: impl Fn() -> S) -> Result<S> {
    let mut replans = Replans::default();
    loop {
        let attempt = async {
            let plan = find_plan(replica, target).await?;
            apply(replica, &plan, Reach::UntilComplete, make()).await.map(|(_, sink)| sink)
        };
        match attempt.await {
            Err(error) => replans.after(error).await?,
            streamed => return streamed,
        }
    }
}
