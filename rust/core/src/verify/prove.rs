//! Reads what a restore would read, checks all of it, and adds the pages up instead of writing them.

use ltx::{Checksum, DatabaseChecksum, PageNumber, PageSize, Txid};

use crate::{
    Result,
    replica::Replica,
    restore::{
        Target, find_plan,
        replan::Replans,
        walk::{Reach, Sink, Walked, walk},
    },
};

/// A replica restores to exactly this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    pub txid: Txid,
    pub page_size: PageSize,
    /// Size of the database in pages.
    pub commit: u32,
    /// Over every page but the lock page.
    pub checksum: Checksum,
    /// Files read, and what was downloaded for them.
    pub files: usize,
    pub bytes: u64,
    /// Pages taken from before the database had shrunk, for want of newer ones.
    pub stale_pages: u32,
}

/// Proves that the target can be restored: every file of the plan whole, no transaction missing, every page there.
/// Errors are those of a restore.
pub async fn prove(replica: &Replica, target: Target) -> Result<Proof> {
    let mut replans = Replans::default();
    loop {
        match attempt(replica, target).await {
            Err(error) => replans.after(error).await?,
            proven => return proven,
        }
    }
}

async fn attempt(replica: &Replica, target: Target) -> Result<Proof> {
    let plan = find_plan(replica, target).await?;
    let (walked, Sum(sum)) = walk(replica, &plan, Reach::Everything, Sum::default()).await?;
    let Walked { txid, page_size, commit, files, bytes, stale_pages } = walked;
    Ok(Proof { txid, page_size, commit, checksum: sum.value(), files, bytes, stale_pages })
}

#[derive(Default)]
struct Sum(DatabaseChecksum);

impl Sink for Sum {
    fn begin(&mut self, _: PageSize, _: u32) -> Result<()> {
        Ok(())
    }

    fn page(&mut self, page: PageNumber, data: &[u8]) -> Result<()> {
        self.0.add(page, data);
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        Ok(())
    }
}
