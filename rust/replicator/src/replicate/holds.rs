//! Transactions that somebody is about to restore exactly: nothing is merged or squashed across them.

use std::sync::Arc;

use ltx::Txid;
use tokio::sync::watch;

/// Those of one database.
#[derive(Clone, Debug, Default)]
pub struct Holds(Arc<watch::Sender<Vec<Txid>>>);

/// Lasts until it is dropped.
#[derive(Debug)]
pub struct Hold {
    txid: Txid,
    holds: Holds,
}

impl Holds {
    /// To be called before the transaction is in the replica: what is merged already stays so.
    pub fn hold(&self, txid: Txid) -> Hold {
        self.0.send_modify(|held| held.push(txid));
        Hold { txid, holds: self.clone() }
    }

    pub fn txids(&self) -> Vec<Txid> {
        self.0.borrow().clone()
    }

    /// The newest transaction, up to `acknowledged`, that may be merged with those before it.
    pub fn mergeable(&self, acknowledged: Option<Txid>) -> Option<Txid> {
        self.0.borrow().iter().min().map_or(acknowledged, |&oldest| acknowledged.min(Some(oldest)))
    }

    /// Hears of holds that begin or end from now on.
    pub fn subscribe(&self) -> watch::Receiver<Vec<Txid>> {
        self.0.subscribe()
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.holds.0.send_modify(|held| {
            if let Some(at) = held.iter().position(|txid| *txid == self.txid) {
                held.swap_remove(at);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g7_nothing_is_merged_beyond_the_oldest_that_is_held() {
        let txid = Txid::MIN;
        let (holds, newest) = (Holds::default(), Some(txid.next().next()));
        assert_eq!(holds.mergeable(newest), newest);
        let (later, first, again) = (holds.hold(txid.next()), holds.hold(txid), holds.hold(txid));
        assert_eq!((holds.mergeable(newest), holds.mergeable(None)), (Some(txid), None));
        drop(first);
        assert_eq!(holds.mergeable(newest), Some(txid), "somebody else holds it, too");
        drop(again);
        assert_eq!(holds.mergeable(newest), Some(txid.next()));
        drop(later);
        assert_eq!(holds.mergeable(newest), newest);
    }
}
