//! Tells that commits wait to be captured while something takes long: a whole database that is read, a slow disk.

use std::{convert::Infallible, fs, path::Path, time::Duration};

use tokio::{sync::watch, time::sleep};

use super::{clock, status::Status};
use crate::sqlite::beside;

/// What takes less is not worth telling.
const LONG: Duration = Duration::from_secs(1);

/// Goes on until it is dropped: whoever works says in the end that nothing waits any more. `database`: its path.
pub async fn tell(status: &watch::Sender<Status>, database: &Path) -> Infallible {
    let wal = || {
        let database = fs::canonicalize(database).ok()?;
        fs::metadata(beside(&database, "-wal")).ok()?.modified().ok()
    };
    loop {
        let (since, captured, before) = (clock::now(), status.borrow().captured, wal());
        sleep(LONG).await;
        if wal() != before && status.borrow().captured == captured {
            status.send_modify(|status| {
                status.uncaptured_since.get_or_insert(since);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ltx::Txid;
    use tokio::{join, time::timeout};

    use super::*;

    /// What is told when `meanwhile` happens at once and the work takes a little longer than [`LONG`].
    async fn told(meanwhile: impl FnOnce(&watch::Sender<Status>, &Path)) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("db");
        let wal = beside(&database, "-wal");
        fs::write(&database, "").unwrap();
        fs::write(&wal, "").unwrap();
        // Time stamps of files are coarse.
        sleep(LONG / 20).await;
        let (status, _kept) = watch::channel(Status::default());
        let happens = async { meanwhile(&status, &wal) };
        let _ = join!(timeout(LONG * 3 / 2, tell(&status, &database)), happens);
        status.borrow().uncaptured_since.is_some()
    }

    #[tokio::test]
    async fn commits_wait_where_the_wal_is_written_and_nothing_is_captured() {
        let write = |_: &_, wal: &Path| fs::write(wal, "frame").unwrap();
        let write_and_capture = |status: &watch::Sender<Status>, wal: &Path| {
            fs::write(wal, "frame").unwrap();
            status.send_modify(|status| status.captured = Some(Txid::MIN));
        };
        assert_eq!(join!(told(|_, _| {}), told(write), told(write_and_capture)), (false, true, false));
    }
}
