//! Why a listing holds no plan for a target.

use std::fmt;

use ltx::{Timestamp, Txid, TxidRange};

use super::Target;
use crate::{Error, replica::ReplicaFile};

/// A state that a replica can be restored to, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    pub txid: Txid,
    pub created_at: Timestamp,
}

impl From<&ReplicaFile> for State {
    fn from(file: &ReplicaFile) -> Self {
        State { txid: file.txids.max(), created_at: file.created_at }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TXID {} of {}", self.txid, self.created_at)
    }
}

/// Three meanings: nothing was ever replicated, the replica is damaged, or it is sound but holds no such state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    #[error("no files")]
    NoFiles,

    #[error("{}", describe_gap(.missing))]
    Gap { missing: TxidRange },

    #[error("its newest state is {newest}")]
    BeyondNewest { newest: State },

    /// Created times of the oldest and the newest file.
    #[error("its files were created from {oldest} to {newest}")]
    OutsideTimes { oldest: Timestamp, newest: Timestamp },

    /// Retention deleted the snapshots that such a state needs.
    #[error("its oldest state is {oldest}")]
    BeforeOldest { oldest: State },

    #[error("that state was merged with later ones; the nearest are {before} and {after}")]
    Merged { before: State, after: State },
}

fn describe_gap(range: &TxidRange) -> String {
    let gap =
        if range.min() == range.max() { format!("TXID {} is", range.min()) } else { format!("TXIDs {range} are") };
    format!(
        "{gap} missing, and no later snapshot covers the gap; restore to a TXID before it, or let a replicator heal it"
    )
}

impl PlanError {
    /// True if a second listing may have another result: levels are listed in turn while files move up.
    pub fn may_be_a_moving_listing(&self) -> bool {
        matches!(self, PlanError::Gap { .. })
    }

    pub fn at(self, location: String, target: Target) -> Error {
        match self {
            PlanError::NoFiles => Error::NoReplica { location },
            PlanError::Gap { .. } => Error::Corrupt { what: format!("replica {location}"), problem: self.to_string() },
            _ => Error::TargetUnavailable { target: target.to_string(), location, problem: self.to_string() },
        }
    }
}
