//! How much memory a restore takes: by its windows, not by the size of the database.

use std::{
    fs,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use litestream_testkit::{
    random::Random,
    s3::{Options, S3Server},
};
use ltx::{Encoder, Header, PageForm, PageNumber, PageSize, Timestamp, Txid, TxidRange, WalSpan};

const PAGE_SIZE: usize = 4096;
const MIB: usize = 1 << 20;

/// Most that a restore may allocate at once, whatever it restores. With the pages of an optimized executable, which are
/// not counted here since this one is none, that makes 32 MiB at most; `bin/bench` prints the sum.
const LIMIT: usize = 22 * MIB;

/// A whole database of noise, so that nothing of it shrinks on the way.
fn snapshot(megabytes: usize) -> Vec<u8> {
    let pages = (megabytes * MIB / PAGE_SIZE) as u32;
    let header = Header {
        page_size: PageSize::new(PAGE_SIZE as u32).unwrap(),
        commit: pages,
        txids: TxidRange::single(Txid::MIN),
        timestamp: Timestamp::from_millis(0),
        wal: WalSpan::default(),
        pre_apply_checksum: None,
        node_id: 0,
    };
    let mut random = Random::new(1);
    let mut encoder = Encoder::new(Vec::new(), header, PageForm::Block).unwrap();
    for page in (1..=pages).filter_map(PageNumber::new) {
        encoder.page(page, &random.bytes(PAGE_SIZE)).unwrap();
    }
    encoder.finish().unwrap().0
}

/// Bytes that the process had allocated at its peak while it restored a database of this size over S3.
fn peak(megabytes: usize) -> usize {
    let server = S3Server::start(Options::with_bucket("bucket")).unwrap();
    let key = format!("db/0000/{}", ltx::file_name::format(TxidRange::single(Txid::MIN)));
    server.put("bucket", &key, &snapshot(megabytes)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (config, output) = (folder.path().join("litestream.yml"), folder.path().join("restored"));
    let replica = format!(
        "{{ type: s3, bucket: bucket, path: db, region: us-east-1, force-path-style: true, endpoint: '{}', \
         access-key-id: {}, secret-access-key: {} }}",
        server.endpoint(),
        server.access_key_id(),
        server.secret_access_key()
    );
    fs::write(&config, format!("dbs:\n  - path: /srv/app.sqlite3\n    replica: {replica}\n")).unwrap();
    let mut restore = Command::new(env!("CARGO_BIN_EXE_litestream"));
    restore.env_clear().args(["restore", "--integrity-check", "none", "--config"]).arg(&config);
    restore.arg("-o").arg(&output).arg("/srv/app.sqlite3").stdin(Stdio::null()).stdout(Stdio::null());
    let mut child = restore.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        let now = fs::read_to_string(&status).ok().and_then(|status| allocated(&status)).unwrap_or(0);
        peak = peak.max(now);
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        thread::sleep(Duration::from_millis(1));
    };
    assert!(ended.success());
    assert_eq!(fs::metadata(&output).unwrap().len() as usize, megabytes * MIB);
    peak
}

fn allocated(status: &str) -> Option<usize> {
    let kib = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?.trim().strip_suffix(" kB")?;
    Some(kib.parse::<usize>().ok()? * 1024)
}

#[test]
fn a_restore_takes_the_same_memory_for_a_small_database_and_a_large_one() {
    let (small, large) = (peak(64), peak(192));
    let (small_mib, large_mib) = (small / MIB, large / MIB);
    println!("{small_mib} MiB for 64 MiB, {large_mib} MiB for 192 MiB");
    assert!(small.max(large) <= LIMIT, "{small_mib} and {large_mib} MiB");
    assert!(large * 10 <= small * 11, "{small_mib} and {large_mib} MiB");
}
