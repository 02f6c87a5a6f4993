//! Pins: TXIDs that a running verification must be able to restore exactly. Neither compaction nor squashing crosses
//! one.

use std::sync::Arc;

use ltx::Txid;
use tokio::sync::watch;

/// The pins of one database.
#[derive(Clone, Debug, Default)]
pub struct Pins(Arc<watch::Sender<Vec<Txid>>>);

/// One pin, removed on drop.
#[derive(Debug)]
pub struct Pin {
    txid: Txid,
    pins: Pins,
}

impl Pins {
    /// Pin before the TXID is uploaded; a pin does not undo a merge.
    pub fn pin(&self, txid: Txid) -> Pin {
        self.0.send_modify(|held| held.push(txid));
        Pin { txid, pins: self.clone() }
    }

    pub fn txids(&self) -> Vec<Txid> {
        self.0.borrow().clone()
    }

    /// The newest transaction, up to `acknowledged`, that may be merged with earlier ones.
    pub fn mergeable(&self, acknowledged: Option<Txid>) -> Option<Txid> {
        self.0.borrow().iter().min().map_or(acknowledged, |&oldest| acknowledged.min(Some(oldest)))
    }

    /// Reports pins that begin or end from now on.
    pub fn subscribe(&self) -> watch::Receiver<Vec<Txid>> {
        self.0.subscribe()
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.pins.0.send_modify(|held| {
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
        let (pins, newest) = (Pins::default(), Some(txid.next().next()));
        assert_eq!(pins.mergeable(newest), newest);
        let (later, first, again) = (pins.pin(txid.next()), pins.pin(txid), pins.pin(txid));
        assert_eq!((pins.mergeable(newest), pins.mergeable(None)), (Some(txid), None));
        drop(first);
        assert_eq!(pins.mergeable(newest), Some(txid), "another pin holds it, too");
        drop(again);
        assert_eq!(pins.mergeable(newest), Some(txid.next()));
        drop(later);
        assert_eq!(pins.mergeable(newest), newest);
    }
}
