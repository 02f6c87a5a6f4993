//! Tells that commits wait to be captured while something takes long: a whole database that is read, a slow disk.

use std::{convert::Infallible, fs, path::Path, time::Duration};

use litestream_core::clock;
use tokio::{sync::watch, time::sleep};

use crate::{sqlite::beside, status::Status};

/// Shorter delays are not reported.
const LONG: Duration = Duration::from_secs(1);

/// Which commits something that takes long keeps waiting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Delayed {
    /// Commits already in the WAL: the operation captures them, or finds out if there are any.
    Existing,
    /// Commits made while the operation runs.
    New,
    /// Commits made while the operation runs, captured at least this often.
    NewUntil(Duration),
}

impl Delayed {
    /// How long it takes until waiting is worth telling.
    fn window(self) -> Duration {
        match self {
            Delayed::Existing | Delayed::New => LONG,
            Delayed::NewUntil(spacing) => LONG + spacing,
        }
    }
}

/// Runs `work`; if it exceeds the threshold, sets `Status::uncaptured_since`, which `work` clears. `database`: its
/// path.
pub async fn during<T>(
    status: &watch::Sender<Status>,
    database: &Path,
    delayed: Delayed,
    work: impl Future<Output = T>,
) -> T {
    tokio::select! {
        biased;
        done = work => done,
        never = tell(status, database, delayed) => match never {},
    }
}

async fn tell(status: &watch::Sender<Status>, database: &Path, delayed: Delayed) -> Infallible {
    let wal = || {
        let database = fs::canonicalize(database).ok()?;
        fs::metadata(beside(&database, "-wal")).ok()?.modified().ok()
    };
    loop {
        let (since, captured) = (clock::now(), status.borrow().captured);
        // Most captures are short: nothing is looked up for those.
        let before = (delayed != Delayed::Existing).then(wal);
        sleep(delayed.window()).await;
        if before.is_none_or(|before| wal() != before) && status.borrow().captured == captured {
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

    /// True if work of this length marks commits as lagging, when `context` happens at its beginning.
    async fn marks_lag(
        delayed: Delayed,
        length: Duration,
        context: impl FnOnce(&watch::Sender<Status>, &Path),
    ) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("db");
        let wal = beside(&database, "-wal");
        fs::write(&database, "").unwrap();
        fs::write(&wal, "").unwrap();
        // Time stamps of files are coarse.
        sleep(LONG / 20).await;
        let (status, _kept) = watch::channel(Status::default());
        let happens = async { context(&status, &wal) };
        join!(during(&status, &database, delayed, sleep(length)), happens);
        status.borrow().uncaptured_since.is_some()
    }

    #[tokio::test]
    async fn commits_wait_where_the_wal_is_written_or_was_before_and_nothing_is_captured() {
        let write = |_: &_, wal: &Path| fs::write(wal, "frame").unwrap();
        let write_and_capture = |status: &watch::Sender<Status>, wal: &Path| {
            fs::write(wal, "frame").unwrap();
            status.send_modify(|status| status.captured = Some(Txid::MIN));
        };
        use Delayed::{Existing, New, NewUntil};
        let (short, long) = (LONG * 3 / 2, LONG * 3);
        let idle = |_: &_, _: &Path| {};
        let waiting = join!(marks_lag(Existing, long, idle), marks_lag(New, long, write));
        let captured = marks_lag(NewUntil(LONG), short, write);
        let none = join!(marks_lag(New, long, idle), marks_lag(New, short, write_and_capture), captured);
        assert_eq!((waiting, none), ((true, true), (false, false, false)));
    }
}
