//! Names of LTX files: `<min TXID>-<max TXID>.ltx`, 37 characters.

use crate::{Txid, TxidRange};

const SUFFIX: &str = ".ltx";

/// Returns the name of the file that covers these transactions.
pub fn format(txids: TxidRange) -> String {
    format!("{txids}{SUFFIX}")
}

/// Returns the transactions of a file name; `None` for a name that [`format()`] does not return.
pub fn parse(name: &str) -> Option<TxidRange> {
    let (min, max) = name.strip_suffix(SUFFIX)?.split_once('-')?;
    let (min, max): (Txid, Txid) = (min.parse().ok()?, max.parse().ok()?);
    TxidRange::new(min, max).ok()
}
