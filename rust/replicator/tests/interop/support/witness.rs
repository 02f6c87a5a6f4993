//! Keeps what the database held at acknowledged TXIDs.

use litestream_testkit::workload::{PageImage, Workload};

use super::{
    Engine, Site,
    engine::{Running, at_txid},
};

#[derive(Default)]
pub struct Witness {
    seen: Vec<(u64, PageImage)>,
}

impl Witness {
    /// Syncs and keeps the pages of that TXID, which later looks must not find moved: an engine may commit something of
    /// its own after a sync (a row that follows a checkpoint), and official Litestream answers a request that meets a
    /// capture of its own with the TXID before it.
    pub fn look(&mut self, running: &Running, app: &mut Workload) -> u64 {
        for _ in 0..10 {
            let txid = running.sync();
            let image = app.image().unwrap();
            running.settle();
            if running.sync() == txid {
                self.seen.retain(|(seen, _)| *seen != txid);
                self.seen.push((txid, image));
                return txid;
            }
        }
        panic!("every sync finds something new; the log:\n{}", running.log());
    }

    /// At most `count` of the states, the first and the last among them, evenly spread.
    pub fn some(&self, count: usize) -> impl Iterator<Item = (u64, &PageImage)> {
        let last = self.seen.len().saturating_sub(1);
        let steps = count.min(self.seen.len()).saturating_sub(1).max(1);
        let mut chosen: Vec<usize> = (0..=steps).map(|step| step * last / steps).collect();
        chosen.dedup();
        chosen.into_iter().filter_map(|at| self.seen.get(at)).map(|(txid, image)| (*txid, image))
    }

    /// The engine must restore `count` of the states exactly.
    #[track_caller]
    pub fn assert_restored_by(&self, engine: &Engine, site: &Site, count: usize) {
        for (txid, image) in self.some(count) {
            engine.assert_restores(site, &at_txid(txid), image);
        }
    }
}
