//! Reads the files that a restore would read, checks them all, and sums the checksums of their pages.

use std::sync::{Mutex, PoisonError};

use ltx::{Checksum, DatabaseChecksum, PageNumber, PageSize, Txid};

use crate::{
    Result,
    replica::{Replica, ReplicaFile},
    restore::{
        PageSink, Plan, Target,
        apply::{Applied, Reach, apply},
        each_page, find_plan, plan,
        retry::Replans,
    },
};

/// Checksum and size of the state that a replica restores to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicaChecksum {
    /// Newest transaction of the state.
    pub txid: Txid,
    /// Page size in bytes.
    pub page_size: PageSize,
    /// Size of the database in pages.
    pub commit: u32,
    /// Checksum over every page but the lock page.
    pub checksum: Checksum,
    /// Files read from the replica.
    pub files: usize,
    /// Compressed bytes of those files.
    pub bytes: u64,
    /// Pages taken from before a shrink of the database, because no newer file has them.
    pub stale_pages: u32,
}

/// Proves that the target can be restored: every file of the plan is whole, no transaction is missing, every page is
/// there. Errors are those of a restore.
pub async fn prove(replica: &Replica, target: Target) -> Result<ReplicaChecksum> {
    prove_listed(replica, &[], target).await
}

/// Like [`prove`], with a recent listing. Lists again only if `listed` does not lead to the target.
pub(super) async fn prove_listed(replica: &Replica, listed: &[ReplicaFile], target: Target) -> Result<ReplicaChecksum> {
    let mut ready = plan(listed, target).ok();
    let mut replans = Replans::default();
    loop {
        match attempt(replica, target, ready.take()).await {
            Err(error) => replans.after(error).await?,
            proven => return proven,
        }
    }
}

async fn attempt(replica: &Replica, target: Target, ready: Option<Plan>) -> Result<ReplicaChecksum> {
    let plan = match ready {
        Some(plan) => plan,
        None => find_plan(replica, target).await?,
    };
    let (applied, sum) = apply(replica, &plan, Reach::Everything, Sum::default()).await?;
    let Applied { txid, page_size, commit, files, bytes, stale_pages } = applied;
    Ok(ReplicaChecksum { txid, page_size, commit, checksum: sum.value(), files, bytes, stale_pages })
}

/// Sum of the page checksums so far.
#[derive(Default)]
struct Sum(Mutex<DatabaseChecksum>);

impl Sum {
    fn value(self) -> Checksum {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner).value()
    }
}

impl PageSink for Sum {
    fn begin(&self, _: PageSize, _: u32) -> Result<()> {
        Ok(())
    }

    fn pages(&self, page_size: PageSize, first: PageNumber, data: &[u8]) -> Result<()> {
        let mut sum = DatabaseChecksum::new();
        for (page, data) in each_page(page_size, first, data) {
            sum.add(page, data);
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).merge(&sum);
        Ok(())
    }
}
