//! Tells that commits wait to be captured while something takes long: a whole database that is read, a slow disk.

use std::{convert::Infallible, fs, path::Path, time::Duration};

use tokio::{sync::watch, time::sleep};

use super::{clock, status::Status};
use crate::sqlite::beside;

/// What takes less is not worth telling.
const LONG: Duration = Duration::from_secs(1);

/// Which commits something that takes long keeps waiting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Commits {
    /// Those before it: it is to capture them, or to find out whether there are any.
    Wait,
    /// Those that are made meanwhile.
    MayCome,
}

/// Works; whoever works says in the end that nothing waits any more. `database`: its path.
pub async fn during<T>(
    status: &watch::Sender<Status>,
    database: &Path,
    commits: Commits,
    work: impl Future<Output = T>,
) -> T {
    tokio::select! {
        biased;
        done = work => done,
        never = tell(status, database, commits) => match never {},
    }
}

async fn tell(status: &watch::Sender<Status>, database: &Path, commits: Commits) -> Infallible {
    let wal = || {
        let database = fs::canonicalize(database).ok()?;
        fs::metadata(beside(&database, "-wal")).ok()?.modified().ok()
    };
    loop {
        let (since, captured, before) = (clock::now(), status.borrow().captured, wal());
        sleep(LONG).await;
        if (commits == Commits::Wait || wal() != before) && status.borrow().captured == captured {
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
    use tokio::join;

    use super::*;

    /// What is told when `meanwhile` happens at once and the work takes a little longer than [`LONG`].
    async fn told(commits: Commits, meanwhile: impl FnOnce(&watch::Sender<Status>, &Path)) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("db");
        let wal = beside(&database, "-wal");
        fs::write(&database, "").unwrap();
        fs::write(&wal, "").unwrap();
        // Time stamps of files are coarse.
        sleep(LONG / 20).await;
        let (status, _kept) = watch::channel(Status::default());
        let happens = async { meanwhile(&status, &wal) };
        join!(during(&status, &database, commits, sleep(LONG * 3 / 2)), happens);
        status.borrow().uncaptured_since.is_some()
    }

    #[tokio::test]
    async fn commits_wait_where_the_wal_is_written_or_was_before_and_nothing_is_captured() {
        let write = |_: &_, wal: &Path| fs::write(wal, "frame").unwrap();
        let write_and_capture = |status: &watch::Sender<Status>, wal: &Path| {
            fs::write(wal, "frame").unwrap();
            status.send_modify(|status| status.captured = Some(Txid::MIN));
        };
        use Commits::{MayCome, Wait};
        let meanwhile = join!(told(MayCome, |_, _| {}), told(MayCome, write), told(MayCome, write_and_capture));
        assert_eq!(meanwhile, (false, true, false));
        assert_eq!(join!(told(Wait, |_, _| {}), told(Wait, write_and_capture)), (true, false));
    }
}
