//! The entries for one database in the replies of the control socket.

use std::path::Path;

use litestream_core::{clock, control::ListedDatabase};
use ltx::{Timestamp, Txid};

use crate::status::{Phase, Status};

/// The entry of `GET /list` for one database.
pub(crate) fn listed(path: &Path, status: &Status) -> ListedDatabase {
    let problem = status.problem();
    let state = match status.phase {
        Phase::Stopped => "stopped",
        _ if status.failure().is_some() => "failed",
        _ if problem.is_some() => "error",
        Phase::Starting => "starting",
        Phase::NoDatabase | Phase::Failed | Phase::Replicating => "replicating",
    };
    let lag = |since: Timestamp| clock::now().since(since).as_secs_f64();
    ListedDatabase {
        path: path.to_string_lossy().into_owned(),
        status: state.to_owned(),
        position_known: status.is_position_known,
        last_sync_at: status.acknowledged_at.map(|at| at.to_string()),
        txid: number(status.captured),
        replicated_txid: number(status.replicated()),
        lag_txids: status.lag(),
        lag_seconds: status.pending_since.into_iter().chain(status.uncaptured_since).min().map_or(0.0, lag),
        error: problem.as_deref().map(ToString::to_string),
        error_code: problem.as_deref().map(|problem| problem.code().to_owned()),
    }
}

/// As official answers have it: 0 before the first.
pub(crate) fn number(txid: Option<Txid>) -> u64 {
    txid.map_or(0, Txid::get)
}

/// The phase in telemetry.
pub(crate) fn phase(status: &Status) -> &'static str {
    match status.phase {
        Phase::Starting => "starting",
        Phase::NoDatabase => "no_database",
        Phase::Replicating => "replicating",
        Phase::Failed => "failed",
        Phase::Stopped => "stopped",
    }
}
