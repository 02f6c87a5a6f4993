//! Compaction of any level, snapshots and retention at any moment while the replicator is down, whatever its own
//! schedule says.
#![allow(clippy::unwrap_used)]

use std::time::{SystemTime, UNIX_EPOCH};

use litestream_core::replica::Level;
use litestream_replicator::maintenance::compaction::{base, compaction, condemned, snapshot};
use litestream_testkit::random::Random;
use ltx::Timestamp;

use crate::support::Fixture;

/// Does one random job; says which.
pub async fn turn(fixture: &Fixture, random: &mut Random) -> String {
    let replica = fixture.replica();
    let files = replica.all_files().await.unwrap();
    let plan = match random.within(0..6) {
        0 if fixture.config.maintenance.delete => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
            let gone = condemned(&files, fixture.config.maintenance.retention, Timestamp::from_millis(now));
            // Nothing says that a deletion is whole: the process may die within.
            let gone: Vec<_> = gone.iter().filter(|_| random.chance(70)).map(|file| (file.level, file.txids)).collect();
            replica.delete(&gone).await.unwrap();
            return format!("retention: {gone:?}");
        }
        0 | 1 => base(&files),
        2 => snapshot(&files).unwrap(),
        level => compaction(&files, Level::new(level as u8 - 2).unwrap()).unwrap(),
    };
    let Some(plan) = plan else { return "nothing to maintain".to_owned() };
    let merged = plan.perform(&replica, |_| None, fixture.folder.path()).await.unwrap();
    format!("maintenance: {plan}, {merged:?}")
}
