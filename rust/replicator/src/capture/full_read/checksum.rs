//! The checksum of a live database at one TXID, which its replica must restore to (G7).

use litestream_core::Result;
use ltx::{Checksum, DatabaseChecksum, PageSize, Txid};

use super::{Moment, context::Meanwhile};
use crate::{capture::session::Live, stage::pins::Hold};

#[derive(Debug)]
pub struct Proof {
    pub txid: Txid,
    pub page_size: PageSize,
    /// Database size in pages.
    pub commit: u32,
    pub checksum: Checksum,
    /// Held until the transaction is in the replica.
    pub _hold: Hold,
}

impl Live {
    /// Captures, then reads the whole database as of that transaction.
    pub fn prove(&mut self, meanwhile: &Meanwhile) -> Result<Proof> {
        let moment = self.moment(&meanwhile.holds)?;
        let mut checksum = DatabaseChecksum::new();
        self.read(&moment, meanwhile, |page, image| {
            checksum.add(page, image);
            Ok(())
        })?;
        let Moment { txid, commit, hold, .. } = moment;
        Ok(Proof { txid, page_size: self.page_size(), commit, checksum: checksum.value(), _hold: hold })
    }
}
