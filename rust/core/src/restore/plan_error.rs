//! The reasons for which a listing holds no plan for a target.

use std::fmt;

use ltx::{Timestamp, Txid, TxidRange};

use super::Target;
use crate::{Error, replica::ReplicaFile};

/// A state that a replica can be restored to, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestorableState {
    /// Newest transaction of the state.
    pub txid: Txid,
    /// Creation time of the file that ends there.
    pub created_at: Timestamp,
}

impl From<&ReplicaFile> for RestorableState {
    fn from(file: &ReplicaFile) -> Self {
        RestorableState { txid: file.txids.max(), created_at: file.created_at }
    }
}

impl fmt::Display for RestorableState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TXID {} of {}", self.txid, self.created_at)
    }
}

/// Reason for a missing plan: nothing was ever replicated, the replica is damaged, or it is sound but lacks the state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The listing is empty.
    #[error("no files")]
    NoFiles,

    /// Missing transactions keep the target out of reach.
    #[error("{}", describe_gap(.missing))]
    Gap {
        /// The first missing transactions after the newest reachable state.
        missing: TxidRange,
    },

    /// The target is newer than the replica.
    #[error("its newest state is {newest}")]
    BeyondNewest {
        /// Newest state in the listing.
        newest: RestorableState,
    },

    /// The target time is before the oldest or after the newest file.
    #[error("its files were created from {oldest} to {newest}")]
    OutsideTimes {
        /// Creation time of the oldest file.
        oldest: Timestamp,
        /// Creation time of the newest file.
        newest: Timestamp,
    },

    /// Retention deleted the snapshots that the target needs.
    #[error("its oldest state is {oldest}")]
    BeforeOldest {
        /// Oldest state that can be restored.
        oldest: RestorableState,
    },

    /// Compaction merged the target with later states.
    #[error("that state was merged with later ones; the nearest are {before} and {after}")]
    Merged {
        /// Nearest older state that can be restored.
        before: RestorableState,
        /// Nearest newer state that can be restored.
        after: RestorableState,
    },
}

fn describe_gap(range: &TxidRange) -> String {
    let gap =
        if range.min() == range.max() { format!("TXID {} is", range.min()) } else { format!("TXIDs {range} are") };
    format!(
        "{gap} missing, and no later snapshot covers the gap; restore to a TXID before it, or let a replicator repair it with a snapshot"
    )
}

impl PlanError {
    /// True if a second listing may succeed: levels are listed separately while compaction moves files up.
    pub fn may_be_a_moving_listing(&self) -> bool {
        matches!(self, PlanError::Gap { .. })
    }

    /// Maps the reason to the error that the caller gets for this replica and target.
    pub fn at(self, location: String, target: Target) -> Error {
        match self {
            PlanError::NoFiles => Error::NoReplica { location },
            PlanError::Gap { .. } => Error::Corrupt { what: format!("replica {location}"), problem: self.to_string() },
            _ => Error::TargetUnavailable { target: target.to_string(), location, problem: self.to_string() },
        }
    }
}
