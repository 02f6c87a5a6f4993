//! How much memory a restore takes: by its windows, not by the size of the database.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    process::{Command, Stdio},
};

use litestream_testkit::{
    random::Random,
    s3::{Options, S3Server},
};
use ltx::{Encoder, Header, PageForm, PageNumber, PageSize, Timestamp, Txid, TxidRange, WalSpan};

const PAGE_SIZE: usize = 4096;
const MIB: usize = 1 << 20;

/// Most that a restore may hold at once, whatever it restores.
const LIMIT: usize = 32 * MIB;

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

/// Bytes that the process held at its peak while it restored a database of this size over S3.
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
    let child = restore.spawn().unwrap();
    let mut status = 0;
    // SAFETY: both out-parameters live through the call; the pid is our own child's, waited for only here.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::wait4(child.id() as libc::pid_t, &mut status, 0, &mut usage);
        usage
    };
    assert_eq!(status, 0);
    assert_eq!(fs::metadata(&output).unwrap().len() as usize, megabytes * MIB);
    // Linux counts KiB.
    usage.ru_maxrss as usize * 1024
}

#[test]
fn a_restore_takes_the_same_memory_for_a_small_database_and_a_large_one() {
    let (small, large) = (peak(32), peak(160));
    let (small_mib, large_mib) = (small / MIB, large / MIB);
    println!("{small_mib} MiB for 32 MiB, {large_mib} MiB for 160 MiB");
    assert!(small.max(large) <= LIMIT, "{small_mib} and {large_mib} MiB");
    assert!(large * 10 <= small * 11, "{small_mib} and {large_mib} MiB");
}
