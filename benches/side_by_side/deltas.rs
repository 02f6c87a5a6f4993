//! Many small transactions on top of a replica in LTX files, like those of a busy application.

use std::{
    error::Error,
    fs::File,
    os::unix::fs::FileExt,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use litestream_testkit::{random::Random, s3::S3Server};
use ltx::{Encoder, Header, PageForm, PageNumber, PageSize, Timestamp, Txid, TxidRange, WalSpan};

/// Pages changed by one transaction.
const PAGES: u64 = 6;

/// Adds transactions that rewrite unchanged pages of `restored`, the newest state, which therefore stays the same.
pub fn add(server: &S3Server, prefix: &str, restored: &Path, count: u32) -> Result<(), Box<dyn Error>> {
    let file = File::open(restored)?;
    let mut head = [0; 100];
    file.read_exact_at(&mut head, 0)?;
    let page_size = PageSize::new(u32::from(u16::from_be_bytes([head[16], head[17]])))?;
    let commit = (file.metadata()?.len() / u64::from(page_size.get())) as u32;
    let newest = newest(server, prefix).ok_or("a replica without files")?;
    let mut random = Random::new(1);
    for txid in (newest.get() + 1..).filter_map(Txid::new).take(count as usize) {
        let txids = TxidRange::single(txid);
        let timestamp = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as i64;
        let header = Header {
            page_size,
            commit,
            txids,
            timestamp: Timestamp::from_millis(timestamp),
            wal: WalSpan::default(),
            pre_apply_checksum: None,
            node_id: 0,
        };
        let mut encoder = Encoder::new(Vec::new(), header, PageForm::default())?;
        let mut pages: Vec<u32> = (0..PAGES).map(|_| random.within(1..u64::from(commit) + 1) as u32).collect();
        pages.sort_unstable();
        pages.dedup();
        for page in pages.into_iter().filter_map(PageNumber::new).filter(|page| *page != page_size.lock_page()) {
            let mut data = vec![0; page_size.bytes()];
            file.read_exact_at(&mut data, page_size.offset_of(page))?;
            encoder.page(page, &data)?;
        }
        let (bytes, _) = encoder.finish()?;
        server.put("bench", &format!("{prefix}/0000/{}", ltx::file_name::format(txids)), &bytes)?;
    }
    Ok(())
}

fn newest(server: &S3Server, prefix: &str) -> Option<Txid> {
    let keys = server.keys("bench");
    let names = keys.iter().filter(|key| key.starts_with(prefix)).filter_map(|key| key.rsplit('/').next());
    names.filter_map(ltx::file_name::parse).map(TxidRange::max).max()
}
