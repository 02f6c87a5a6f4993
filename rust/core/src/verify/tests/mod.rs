#![allow(clippy::unwrap_used)]
mod comparing;
mod proving;

use std::sync::Arc;

use ltx::{DatabaseChecksum, PageNumber};

use super::*;
use crate::{
    replica::Replica,
    restore::{
        Target,
        tests::{Content, page_of, replica_in},
    },
    store::memory::MemoryStore,
};

async fn replica(files: &[Content]) -> Replica {
    let replica = replica_in(Arc::new(MemoryStore::new()));
    for file in files {
        file.upload(&replica).await;
    }
    replica
}

fn history() -> [Content; 3] {
    [
        Content::new(0, 1, 1, 3, [(1, 1), (2, 2), (3, 3)]),
        Content::new(0, 2, 2, 4, [(2, 22), (4, 4)]),
        Content::new(0, 3, 3, 2, [(1, 11)]),
    ]
}

fn sum(fills: &[u8]) -> ltx::Checksum {
    let mut sum = DatabaseChecksum::new();
    for (number, fill) in (1..).zip(fills) {
        sum.add(PageNumber::new(number).unwrap(), &page_of(*fill));
    }
    sum.value()
}
